import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildPlugin } from "../../scripts/build-plugin.mjs";
import { bundleCommand } from "../../scripts/bundle-command.mjs";
import { repository } from "../../scripts/tools.mjs";
import type { Bed } from "./facts.ts";

/** Makes the command and the plugin from the sources as they are, in folders of their own below this one. */
export async function buildPrograms(folder: string): Promise<Pick<Bed, "command" | "plugin">> {
  const plugin = join(folder, "plugin", "docker");
  const dist = join(folder, "dist");
  // Some tests are another user.
  for (const each of [folder, join(folder, "plugin"), dist]) await mkdir(each, { mode: 0o755 });
  await Promise.all([bundleCommand(dist), buildPlugin({ repository, outfile: plugin })]);
  await writeFile(join(dist, "package.json"), '{"type": "module"}');
  await copyFile(plugin, join(dist, "docker"));
  return { command: join(dist, "longshore.js"), plugin };
}
