import { expect, it } from "vitest";
import { Deferred, pause, settlesWithin } from "./waiting.ts";

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
