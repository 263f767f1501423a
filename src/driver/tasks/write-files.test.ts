import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writePlannedFiles } from "./write-files.ts";

const folder = mkdtempSync(join(tmpdir(), "longshore-write-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (hostPath: string, text = "new\n") => writePlannedFiles([{ hostPath, taskPath: "/x", text }]);

describe("a planned file", () => {
  it("is written, its folder made, and nothing else left there", async () => {
    await write(join(folder, "task/hosts"));
    await write(join(folder, "task/hosts"), "newer\n");
    expect(readFileSync(join(folder, "task/hosts"), "utf8")).toBe("newer\n");
    expect(readdirSync(join(folder, "task"))).toEqual(["hosts"]);
  });

  it("takes the place of a link, and what the link led to stays as it was", async () => {
    const target = join(folder, "precious");
    writeFileSync(target, "old\n");
    symlinkSync(target, join(folder, "resolv.conf"));
    await write(join(folder, "resolv.conf"));
    expect(readFileSync(target, "utf8")).toBe("old\n");
    expect(lstatSync(join(folder, "resolv.conf")).isFile()).toBe(true);
  });

  it.each(["/proc/longshore/task/hosts", "/proc/longshore/hosts"])(
    "at %s is an error and no hang",
    async (path) => {
      await expect(write(path)).rejects.toMatchObject({ kind: "invalid" });
    },
  );

  it("where a folder is, is an error that names it", async () => {
    mkdirSync(join(folder, "taken/x"), { recursive: true });
    await expect(write(join(folder, "taken"))).rejects.toThrow(`cannot write ${join(folder, "taken")}: `);
    expect(readdirSync(folder).filter((name) => name.startsWith("taken."))).toEqual([]);
  });
});
