import { describe, expect, test } from "vitest";
import { parseGitSource } from "./git-source.ts";

describe("a source of git", () => {
  test.each([
    ["git::https://host/a/b.git", { url: "https://host/a/b.git" }],
    [
      "git::https://host/a/b.git//sub/dir?ref=v1",
      { url: "https://host/a/b.git", folder: "sub/dir", ref: "v1" },
    ],
    ["git::ssh://git@host:22/a.git?depth=3", { url: "ssh://git@host:22/a.git", depth: 3 }],
    ["git::me@host:a/b", { url: "ssh://me@host/a/b" }],
    ["git@host.example:a/b.git//sub", { url: "ssh://git@host.example/a/b.git", folder: "sub" }],
    ["git::file:///srv/a", { url: "file:///srv/a" }],
    ["github.com/a/b", { url: "https://github.com/a/b.git" }],
    ["github.com/a/b.git//c?ref=x", { url: "https://github.com/a/b.git", folder: "c", ref: "x" }],
    ["gitlab.com/a/b", { url: "https://gitlab.com/a/b.git" }],
  ])("%s is read", (source, expected) => {
    const nothing = { folder: "", ref: undefined, depth: undefined, sshKey: undefined };
    expect(parseGitSource(source, {})).toEqual({ ...nothing, ...expected });
  });

  test.each(["https://host/a.git", "/srv/a.git", "github.com", "github.com/a", "hg::https://host/a"])(
    "is not %s",
    (source) => {
      expect(parseGitSource(source, {})).toBeUndefined();
    },
  );

  test("takes its options before what stands in the address", () => {
    const options = { ref: "main", depth: "1", sshkey: "a2V5" };
    const read = parseGitSource("git::https://host/a?ref=other", options);
    expect(read).toMatchObject({ ref: "main", depth: 1, sshKey: "a2V5" });
  });

  test.each([
    ["git::--upload-pack=evil", {}, "names no repository"],
    ["git::https://host/a", { ref: "--evil" }, "names no repository"],
    ["git::https://host/a//../b", {}, "leads out of the repository"],
    ["git::https://host/a", { depth: "all" }, "no number of commits"],
    ["git::https://host/a", { checksum: "md5:x" }, 'option "checksum" is not known'],
    ["git::https://host/a?sshkey=secret", { x: "" }, "sshkey=..."],
  ])("%s with %j is refused", (source, options, message) => {
    expect(() => parseGitSource(source, options)).toThrow(message);
  });
});
