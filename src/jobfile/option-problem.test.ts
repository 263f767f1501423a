import { describe, expect, it } from "vitest";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

const text = `job "x" {
  group "g" {
    cout = 2
    task "t" {
      driver = "docker"
      config {
        image = "busybox"
        labels {
          wrong = "yes"
        }
      }
    }
  }
}
`;

describe("a driver's check of config blocks", () => {
  it("is told together with the file's own faults, each at its place", async () => {
    const read = readJobFile(
      { name: "x.hcl", text },
      { checkConfig: () => [{ path: ["image"], message: "must be another", hint: "Try redis." }] },
    );
    const error = await read.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFileError);
    const { diagnostics } = error as JobFileError;
    expect(diagnostics.map(({ summary, range }) => [summary, range?.line])).toEqual([
      ["Unsupported argument", 3],
      ["Invalid image", 7],
    ]);
    expect(diagnostics[1]?.detail).toBe('"image": must be another. Try redis.');
  });
});
