import { expect, it } from "vitest";
import { longestTimerMs } from "./timer.ts";
import { Deferred, onAbort, pause, settlesWithin, unlessAborted, untilAborted } from "./waiting.ts";

it("many may wait on one signal, without a warning of a leak", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const never = new Deferred<void>();
  const ending = new AbortController();
  const waits = Array.from({ length: 20 }, () => unlessAborted(never.promise, ending.signal));
  const heard = Array.from({ length: 20 }, () => untilAborted(ending.signal));
  // Node.js warns in a turn of its own.
  await pause(0, undefined);
  ending.abort();
  const outcomes = await Promise.allSettled([...waits, ...heard]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...waits.map(() => "rejected"),
    ...heard.map(() => "fulfilled"),
  ]);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

it("a signal that has aborted already ends every wait at once, and says what was waited for", async () => {
  const never = new Deferred<void>().promise;
  const signal = AbortSignal.abort(new Error("enough"));
  await untilAborted(signal);
  const canceled = { kind: "canceled", cause: { message: "enough" } };
  await expect(unlessAborted(never, signal, "the image")).rejects.toMatchObject({
    ...canceled,
    message: "Canceled: the image",
  });
  await expect(pause(longestTimerMs, signal)).rejects.toMatchObject(canceled);
});

it("what is disposed hears of no abort any more", () => {
  const ending = new AbortController();
  const heard: string[] = [];
  onAbort(ending.signal, () => heard.push("kept"));
  onAbort(ending.signal, () => heard.push("disposed"))[Symbol.dispose]();
  ending.abort();
  expect(heard).toEqual(["kept"]);
});

it("a promise that is kept or broken in time has settled, and one that is not has not", async () => {
  expect(await settlesWithin(Promise.resolve(), 1000)).toBe(true);
  expect(await settlesWithin(Promise.reject(new Error("broken")), 1000)).toBe(true);
  expect(await settlesWithin(new Deferred<void>().promise, 0)).toBe(false);
});
