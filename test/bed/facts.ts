import { inject } from "vitest";

/** What the bed's set-up made, for every test of the run. */
export interface Bed {
  /** Path of the real engine's unix socket. Shared with others: leave alone what your test did not make. */
  readonly socket: string;
  /** A busybox image on the real engine; removing it is refused while the run lasts. Its command is `sh`. */
  readonly image: string;
  /** A real registry on this machine, `127.0.0.1:PORT`; it has `busybox:1`, and takes pushes. */
  readonly registryHost: string;
  readonly runId: string;
  /** Label of everything that the run makes in Docker. A container that still carries it at the end fails the run. */
  readonly runLabel: { readonly key: string; readonly value: string };
  /** The command: a `longshore.js`, made from the sources as they are. */
  readonly command: string;
  /** The plugin for Nomad's agents, of the same sources; beside the command is a copy, as in `dist/`. */
  readonly plugin: string;
  /** A folder for the run's files, removed at the end. */
  readonly folder: string;
}

declare module "vitest" {
  interface ProvidedContext {
    bed: Bed;
  }
}

/** The facts of this run's bed. */
export function bed(): Bed {
  return inject("bed");
}
