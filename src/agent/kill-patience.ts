import { LongshoreError, type TaskEvent } from "../task/index.ts";
import type { Clock } from "./clock.ts";

/** How long a job that is to be killed waits for its engine. */
export interface KillPatience extends Disposable {
  /** Aborted when it is over, with an `unavailable` error as its reason. */
  readonly over: AbortSignal;
  /** Takes in what the driver tells: that the engine is lost, or that it does something at all. */
  hear(event: Pick<TaskEvent, "detail">): void;
  /** The kill was asked for. */
  kill(): void;
}

/** A busy engine tells of one task or another that was killed or removed. */
const longestSilenceMs = 10_000;

/**
 * Patience for one job, until it is disposed of. A lost engine is not waited for once the job is to be killed; one that
 * only says nothing is for 10 s.
 */
export function createKillPatience(clock: Clock): KillPatience {
  const over = new AbortController();
  let isLost = false;
  let isKilled = false;
  let silence = new AbortController();

  function giveUp(): void {
    over.abort(new LongshoreError("unavailable", "Docker does not answer", { retryable: false }));
  }

  function wait(): void {
    silence.abort();
    if (isLost) {
      giveUp();
      return;
    }
    silence = new AbortController();
    clock.sleep(longestSilenceMs, { signal: silence.signal }).then(giveUp, () => undefined);
  }

  return {
    over: over.signal,
    hear({ detail }) {
      if (detail.type === "engine-lost") isLost = true;
      if (detail.type === "engine-back") isLost = false;
      if (isKilled) wait();
    },
    kill() {
      isKilled = true;
      wait();
    },
    [Symbol.dispose]: () => silence.abort(),
  };
}
