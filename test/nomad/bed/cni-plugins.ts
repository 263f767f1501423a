import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findCniPlugins } from "../../../scripts/cni-plugins.mjs";

const run = promisify(execFile);

/** What an agent's own bridge mode uses. */
const names = ["bridge", "firewall", "host-local", "loopback", "portmap"];

/**
 * A folder of this machine's CNI plugins that an agent takes, below the one given. An agent takes only plugins that
 * tell their version, and Debian's tell none: those are wrapped so that they do.
 */
export async function cniPluginsFor(folder: string): Promise<string> {
  const found = await findCniPlugins();
  if (found === undefined) throw new Error("no CNI plugins on this machine");
  const { stdout, stderr } = await run(join(found, "bridge"));
  if (/\bv\d+\.\d+\.\d+/.test(stdout + stderr)) return found;
  const wrapped = join(folder, "cni");
  await mkdir(wrapped, { recursive: true });
  for (const name of names) {
    const script = `#!/bin/sh\n[ -n "$CNI_COMMAND" ] && exec "${join(found, name)}"\necho "CNI ${name} plugin v1.0.0"\n`;
    await writeFile(join(wrapped, name), script, { mode: 0o755 });
  }
  return wrapped;
}
