// @ts-check
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./tools.mjs";

/** Where the HCL reader's Go program and its built parts lie. */
export const hclFolder = join(repository, "src", "jobfile", "hcl");

/** What the HCL reader loads when it runs. */
export const hclParts = ["hcl.wasm", "hcl.memory", "text.wasm", "text.memory", "wasm_exec.js"];

/**
 * Copies the parts to the folder of a bundle, which looks for them beside itself.
 * @param {string} folder
 */
export async function copyHclParts(folder) {
  for (const name of hclParts) await copyFile(join(hclFolder, name), join(folder, name));
}
