import type { Engine } from "../../engine/index.ts";
import { Deferred, LongshoreError, settlesWithin, unlessAborted } from "../../task/index.ts";

/** A look at a command whose end should have been heard of: first soon, then ever more seldom. */
const firstLookMs = 250;
const longestLookMs = 60_000;

/** Exit codes of the commands that run in tasks, as the engine's events tell them. */
export class ExecExits {
  readonly #waits = new Map<string, Deferred<number>>();

  /** Begins to listen for a command's end. */
  expect(execId: string): ExecExit {
    const heard = new Deferred<number>();
    this.#waits.set(execId, heard);
    return {
      read: (engine, signal) => unlessAborted(readExit(engine, execId, heard, signal), signal),
      [Symbol.dispose]: () => {
        this.#waits.delete(execId);
        heard.reject(new LongshoreError("canceled", "nobody waits for the command's end any more"));
      },
    };
  }

  /** Takes in an `exec_die` event. */
  hear(attributes: Readonly<Record<string, string>>): void {
    const exitCode = Number(attributes.exitCode ?? Number.NaN);
    // Old engines tell no exit code: it is asked for then.
    if (Number.isInteger(exitCode)) this.#waits.get(attributes.execID ?? "")?.resolve(exitCode);
  }
}

/** The end of one command; disposing ends the listening. */
export interface ExecExit extends Disposable {
  /** The exit code, once the command has ended. */
  read(engine: Engine, signal: AbortSignal): Promise<number>;
}

/** A command that never came up has no event, and one of an engine that restarted has none either. */
async function readExit(
  engine: Engine,
  execId: string,
  heard: Deferred<number>,
  signal: AbortSignal,
): Promise<number> {
  for (let lookMs = firstLookMs; ; lookMs = Math.min(2 * lookMs, longestLookMs)) {
    if (await settlesWithin(heard.promise, lookMs)) return await heard.promise;
    // Heard of meanwhile, the answer need not be waited for.
    const seen = await Promise.race([engine.inspectExec(execId, { signal }), heard.promise]);
    if (typeof seen === "number") return seen;
    if (!seen.running && seen.exitCode !== null) return seen.exitCode;
  }
}
