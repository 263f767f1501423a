import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closestName, editDistance } from "./closest-name.ts";

describe("closestName", () => {
  it("finds the closest name that can be meant", () => {
    const names = ["Count", "Tasks", "Meta"];
    expect(closestName("Cuont", names)).toBe("Count");
    expect(closestName("task", names)).toBe("Tasks");
    expect(closestName("Volumes", names)).toBeUndefined();
    expect(closestName("X", names)).toBeUndefined();
    expect(closestName("COUTN", names)).toBe("Count");
    expect(closestName("", names)).toBeUndefined();
    expect(closestName("meta", ["meto", "meta"])).toBe("meta");
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
