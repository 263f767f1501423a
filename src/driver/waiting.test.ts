import { expect, it } from "vitest";
import { FanOut } from "./fan-out.ts";
import { ReaderPace } from "./logs/reader-pace.ts";
import { Deferred, pause, settlesWithin, unlessAborted } from "./waiting.ts";

it("many may wait on one signal, without a warning of a leak", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const never = new Deferred<void>();
  const ending = [new AbortController(), new AbortController(), new AbortController()] as const;
  const [one, two, three] = ending.map(({ signal }) => signal);
  const events = new FanOut<number>(1, () => 0);
  const waits = Array.from({ length: 20 }, () => {
    events.read({ signal: two });
    if (three !== undefined) new ReaderPace(three);
    return unlessAborted(never.promise, one).catch(() => "aborted");
  });
  // Node.js warns in a turn of its own.
  await pause(0, undefined);
  for (const controller of ending) controller.abort();
  expect(new Set(await Promise.all(waits))).toEqual(new Set(["aborted"]));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

it("no wait is over at once because it is longer than a timer's longest", async () => {
  const never = new Deferred<undefined>();
  const ending = new AbortController();
  const waits = [settlesWithin(never.promise, 2 ** 40), pause(2 ** 40, ending.signal).catch(() => "aborted")];
  const first = await Promise.race([...waits, pause(30, undefined).then(() => "they wait")]);
  expect(first).toBe("they wait");
  never.resolve(undefined);
  ending.abort();
  expect(await Promise.all(waits)).toEqual([true, "aborted"]);
});
