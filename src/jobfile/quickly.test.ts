import { cachedDataVersionTag } from "node:v8";
import { expect, test } from "vitest";
import { compileQuickly, quickly } from "./quickly.ts";

test("V8 is as before when the work is done, so that it takes the code that it kept", () => {
  const before = cachedDataVersionTag();
  quickly(() => compileQuickly(() => undefined));
  expect(cachedDataVersionTag()).toBe(before);
});
