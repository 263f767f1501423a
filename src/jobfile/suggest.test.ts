import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, suggest } from "./suggest.ts";

describe("suggest", () => {
  it("finds the closest name that can be meant", () => {
    const names = ["Count", "Tasks", "Meta"];
    expect(suggest("Cuont", names)).toBe("Count");
    expect(suggest("task", names)).toBe("Tasks");
    expect(suggest("Volumes", names)).toBeUndefined();
    expect(suggest("X", names)).toBeUndefined();
  });
});

describe("editDistance", () => {
  it("is zero for the same text, symmetric, and at most the longer text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
        const distance = editDistance(left, right);
        expect(distance === 0).toBe(left === right);
        expect(editDistance(right, left)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });
});
