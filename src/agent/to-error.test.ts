import { describe, expect, it } from "vitest";
import { toFileError, toFolderError } from "./to-error.ts";

const failure = (code: string): Error =>
  Object.assign(new Error(`${code}: it failed`), { code, syscall: "open", path: "/data/x" });

describe("a file system's failure", () => {
  it.each([
    ["ENOSPC", "unavailable", "the disk is full"],
    ["EROFS", "unavailable", "the file system is read-only"],
    ["EACCES", "unauthorized", "permission denied"],
    ["ENOENT", "not-found", "ENOENT: it failed"],
    ["EIO", "internal", "EIO: it failed"],
  ])("%s is %s, no fault of the input, and not tried again", (code, kind, why) => {
    expect(toFileError(failure(code), "write", "/data/x")).toMatchObject({
      kind,
      message: `cannot write /data/x: ${why}`,
      retryable: false,
      cause: { code },
    });
  });

  it("at a folder names the folder that could not be made", () => {
    expect(toFolderError(failure("EEXIST"), "/data/x/y")).toMatchObject({
      kind: "conflict",
      message: "cannot make the folder /data/x: something that is no folder is there",
    });
  });
});
