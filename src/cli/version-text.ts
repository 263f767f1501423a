import { version } from "../task/version.ts";

/** What `longshore version` prints. */
export function toVersionText(json: boolean): string {
  if (!json) return `${version}\n`;
  const { platform, arch, version: node } = process;
  return `${JSON.stringify({ version, node: node.slice(1), platform, arch })}\n`;
}
