import { expect, it } from "vitest";
import { negotiateApiVersion } from "./api-version.ts";

it.each([
  ["1.41", "1.41"],
  ["1.24", "1.24"],
  ["1.47", "1.47"],
  ["1.52", "1.48"],
  ["2.0", "1.48"],
])("an engine whose newest API is %s is spoken to in %s", (newest, agreed) => {
  expect(negotiateApiVersion(newest)).toBe(agreed);
});

it("an engine that is too old is refused with both versions", () => {
  expect(() => negotiateApiVersion("1.9")).toThrow(
    "The engine speaks API 1.9; Longshore needs 1.24 or later",
  );
});

it("what tells no version is no engine", () => {
  expect(() => negotiateApiVersion("")).toThrow(expect.objectContaining({ kind: "unavailable" }));
});
