// @ts-check
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runProgram, runStep } from "./run-program.mjs";
import { findTool, repository, toolsFolder } from "./tools.mjs";

const unattended = { DEBIAN_FRONTEND: "noninteractive" };

/** Whether this is root on Debian, Ubuntu or one of their kin. */
export async function canInstallPackages() {
  return process.getuid?.() === 0 && (await findTool("apt-get")) !== undefined;
}

/**
 * Installs packages as an administrator would.
 * @param {readonly string[]} names
 */
export async function installPackages(names) {
  await withPackageLists(["install", "-y", "--no-install-recommends", ...names]);
}

/**
 * Gets packages, and what they need and the machine has not, and unpacks them into a folder of the repository:
 * their programs are there, the machine stays as it was and no service starts. Needs apt, but not root.
 * @param {readonly string[]} names
 */
export async function unpackPackages(names) {
  const archives = join(repository, ".cache", "archives");
  await mkdir(join(archives, "partial"), { recursive: true });
  await withPackageLists([
    "install",
    "-y",
    "--no-install-recommends",
    "--download-only",
    "-o",
    `Dir::Cache::archives=${archives}`,
    "-o",
    "Debug::NoLocking=1",
    "-o",
    "APT::Sandbox::User=",
    ...names,
  ]);
  await mkdir(toolsFolder, { recursive: true });
  for (const file of await readdir(archives)) {
    if (file.endsWith(".deb")) await runStep("dpkg-deb", ["--extract", join(archives, file), toolsFolder]);
  }
  await rm(archives, { recursive: true, force: true });
}

/**
 * apt-get, with fresh package lists when those at hand do not do.
 * @param {readonly string[]} args
 */
async function withPackageLists(args) {
  const options = { env: unattended, quiet: true };
  const first = await runProgram("apt-get", args, options);
  if (first.code === 0) return;
  await runStep("apt-get", ["update"], { env: unattended });
  await runStep("apt-get", args, { env: unattended });
}
