// @ts-check
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { writeTar } from "./tar.mjs";
import { findTool } from "./tools.mjs";

const run = promisify(execFile);

/** @typedef {import("./tar.mjs").TarEntry} TarEntry */

const emptyFolders = ["dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var", "var/tmp"];

/**
 * The root file system of a small image: a static busybox with a link for each of its applets, users, `/tmp`
 * and `/www`. Rejects with a sentence when the machine has no static busybox.
 * @param {readonly TarEntry[]} [more] files on top
 * @returns {Promise<Buffer>} a tar archive
 */
export async function busyboxRootfs(more = []) {
  const path = await staticBusybox();
  if (path === undefined) {
    throw new Error(
      "no statically linked busybox on this machine; Debian and Ubuntu: apt-get install busybox-static",
    );
  }
  const [binary, applets] = await Promise.all([readFile(path), run(path, ["--list"])]);
  const names = applets.stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  return writeTar([
    ...emptyFolders.map((name) => /** @type {TarEntry} */ ({ path: name, type: "folder", mode: 0o755 })),
    { path: "tmp", type: "folder", mode: 0o1777 },
    { path: "www", type: "folder", mode: 0o755 },
    { path: "bin", type: "folder", mode: 0o755 },
    { path: "bin/busybox", type: "file", mode: 0o755, data: binary },
    ...names.map(
      (name) => /** @type {TarEntry} */ ({ path: `bin/${name}`, type: "link", target: "busybox" }),
    ),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"),
    file("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    file("www/index.html", "hello from busybox\n"),
    ...more,
  ]);
}

/** The path of a busybox that runs without libraries, or undefined. */
export async function staticBusybox() {
  return await findTool("busybox", isStatic);
}

/** @param {string} path @param {string} text @returns {TarEntry} */
function file(path, text) {
  return { path, type: "file", mode: 0o644, data: Buffer.from(text) };
}

/**
 * A dynamically linked program names its loader near its start (PT_INTERP).
 * @param {string} path
 */
async function isStatic(path) {
  const head = (await readFile(path)).subarray(0, 4096).toString("latin1");
  return head.startsWith("\x7fELF") && !/\/ld-(linux|musl)/.test(head);
}
