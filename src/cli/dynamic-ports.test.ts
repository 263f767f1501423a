import { expect, it } from "vitest";
import { toDynamicPorts } from "./dynamic-ports.ts";

it.each([
  [undefined, undefined, { min: 20_000, max: 32_000 }],
  [30_000, 30_000, { min: 30_000, max: 30_000 }],
  [undefined, 21_000, { min: 20_000, max: 21_000 }],
])("from %s to %s are the dynamic ports %j", (min, max, range) => {
  expect(toDynamicPorts({ min, max })).toEqual(range);
});

it("a range that ends before it begins is an error that says so", () => {
  expect(() => toDynamicPorts({ min: 40_000, max: undefined })).toThrow(
    "min_dynamic_port 40000 is above max_dynamic_port 32000",
  );
});
