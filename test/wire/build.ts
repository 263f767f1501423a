import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { buildPlugin } from "../../scripts/build-plugin.mjs";
import { repository } from "../../scripts/tools.mjs";
import { bed } from "../bed/index.ts";

/** Makes the plugin from the sources as they are, as dist/docker is made; answers its path. */
export async function buildForTest(): Promise<string> {
  const outfile = join(await mkdtemp(join(bed().folder, "plugin-")), "docker");
  await buildPlugin({ repository, outfile });
  return outfile;
}
