import { describe, expect, it } from "vitest";
import { toShownLimits } from "./shown-limits.ts";

const given = { max_files: 10, max_file_size: 10 };
const mebibytes = (count: number) => count * 1024 * 1024;
const files = (first: number, ...sizes: readonly number[]) =>
  sizes.map((size, at) => ({ index: first + at, bytes: mebibytes(size) }));

describe("the limits that log files show", () => {
  it.each([
    ["nothing where there are none", [[], []], { ...given }],
    ["nothing where none was rotated", [files(0, 3), files(0, 0)], { ...given }],
    [
      "that a file may be as large as it is",
      [files(0, 42.5), files(0, 0)],
      { max_files: 10, max_file_size: 43 },
    ],
    [
      "the size at which they were rotated",
      [files(0, 1.99, 0.1), files(0, 0)],
      { max_files: 10, max_file_size: 2 },
    ],
    ["how many are kept", [files(7, 0.99, 0.98, 0.1), files(0, 0)], { max_files: 3, max_file_size: 1 }],
    ["that many are kept", [files(0, ...Array(30).fill(20))], { max_files: 30, max_file_size: 20 }],
    ["the same by the other stream", [files(0, 0), files(3, 1, 1)], { max_files: 2, max_file_size: 1 }],
  ])("are %s", (_what, streams, limits) => {
    expect(toShownLimits(streams, given)).toEqual(limits);
  });
});
