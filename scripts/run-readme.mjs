// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMain, SetupError } from "./say.mjs";
import { repository } from "./tools.mjs";

const minutesPerBlock = 15;

/**
 * Runs every ```sh block of README.md, in order, from the repository's folder, as a reader would who has
 * `longshore` on the PATH. Ends with 1 at the first command that fails.
 */
async function main() {
  const blocks = shellBlocks(await readFile(join(repository, "README.md"), "utf8"));
  if (blocks.length === 0) throw new SetupError("README.md has no ```sh block");
  const bin = await mkdtemp(join(tmpdir(), "longshore-readme-"));
  try {
    await symlink(join(repository, "dist", "longshore.js"), join(bin, "longshore"));
    for (const block of blocks) await runBlock(block, bin);
  } finally {
    await rm(bin, { recursive: true, force: true });
  }
  process.stdout.write(`README.md: ${blocks.length} blocks ran\n`);
}

/**
 * The text of each shell block (fenced as `sh`) with the line it starts at.
 * @param {string} markdown
 */
export function shellBlocks(markdown) {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: markdown.slice(0, match.index).split("\n").length + 1,
    text: match[1] ?? "",
  }));
}

/** @param {{ line: number, text: string }} block @param {string} bin */
async function runBlock(block, bin) {
  process.stdout.write(`README.md:${block.line}\n`);
  const child = spawn("bash", ["-euxo", "pipefail", "-c", block.text], {
    cwd: repository,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ""}`, PS4: "$ " },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: minutesPerBlock * 60_000,
  });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new SetupError(`README.md:${block.line} failed with ${signal ?? code}`);
}

await runMain(main);
