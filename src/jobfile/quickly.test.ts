import { cachedDataVersionTag } from "node:v8";
import { expect, test } from "vitest";
import { compileQuickly, QuickCompiling, quickly } from "./quickly.ts";

test("V8 is as before when the work is done, so that it takes the code that it kept", () => {
  const before = cachedDataVersionTag();
  quickly(() => compileQuickly(() => undefined));
  expect(cachedDataVersionTag()).toBe(before);
});

test("V8 is held until the last hold ends", () => {
  const quick = new QuickCompiling();
  const before = cachedDataVersionTag();
  const one = quick.hold();
  const held = cachedDataVersionTag();
  const other = quick.hold();
  one[Symbol.dispose]();
  expect([held, cachedDataVersionTag()]).toEqual([held, held]);
  expect(held).not.toBe(before);
  other[Symbol.dispose]();
  expect(cachedDataVersionTag()).toBe(before);
});
