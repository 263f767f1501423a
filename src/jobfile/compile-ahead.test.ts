import { cachedDataVersionTag } from "node:v8";
import { expect, test } from "vitest";
import { compileAhead } from "./compile-ahead.ts";
import { HclEngine } from "./hcl-engine.ts";
import { QuickCompiling } from "./quickly.ts";

const request = { name: "x", text: "a = 1", schema: "any", baseDir: "/", plain: true };

test("a program that was compiled ahead is the one that is called, and leaves V8 as it was", async () => {
  const before = cachedDataVersionTag();
  const coming = await compileAhead(new QuickCompiling());
  const during = cachedDataVersionTag();
  // A program of this name is not there: what is called can only be the one that was taken.
  const engine = new HclEngine("none");
  engine.take(coming);
  await expect(engine.call("parse", request)).rejects.toThrow('no schema "any"');
  expect(during).not.toBe(before);
  expect(cachedDataVersionTag()).toBe(before);
});

test("what could not be loaded ahead is loaded by who calls", async () => {
  const failing = () => Promise.reject(new Error("no memory left"));
  const engine = new HclEngine("hcl");
  engine.take({ module: failing(), memory: failing() });
  await expect(engine.call("parse", request)).rejects.toThrow('no schema "any"');
});
