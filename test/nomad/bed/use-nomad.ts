import { afterAll, beforeAll, describe } from "vitest";
import type { NomadAgent } from "./agent.ts";
import { findNomad } from "./nomad-program.ts";

/** Tests that need a `nomad`; skipped where there is none. */
export const describeNomad = describe.skipIf((await findNomad()) === undefined);

/** An agent for the tests of a `describe`, started before the first and gone after the last. */
export function useNomad(start: () => Promise<NomadAgent>): Pick<NomadAgent, "server" | "client"> {
  let started: NomadAgent | undefined;
  beforeAll(async () => {
    started = await start();
  });
  afterAll(async () => await started?.[Symbol.asyncDispose]());
  const agent = () => {
    if (started === undefined) throw new Error("the agent runs only while the tests do");
    return started;
  };
  return {
    get server() {
      return agent().server;
    },
    get client() {
      return agent().client;
    },
  };
}
