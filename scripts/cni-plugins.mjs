// @ts-check
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { toolsFolder } from "./tools.mjs";

/** Where CNI's own releases, Fedora and Debian put network plugins, and where `npm test` unpacks them. */
const folders = ["/opt/cni/bin", "/usr/libexec/cni", "/usr/lib/cni", join(toolsFolder, "usr", "lib", "cni")];

/** The folder of this machine's CNI plugins, which an agent's bridge networks need; undefined when there is none. */
export async function findCniPlugins() {
  for (const folder of folders) {
    const found = await access(join(folder, "bridge"), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  return undefined;
}
