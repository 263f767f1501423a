/** Longshore's version; package.json has the same, and a test compares them. */
export const version = "0.1.0";

/** What `longshore version` prints. */
export function toVersionText(json: boolean): string {
  if (!json) return `${version}\n`;
  const { platform, arch, version: node } = process;
  return `${JSON.stringify({ version, node: node.slice(1), platform, arch })}\n`;
}
