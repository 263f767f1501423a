import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Takes away what is mounted below a folder; a mount that is gone already is fine. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile("/proc/self/mountinfo", "utf8");
  const points = mounts
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) await run("umount", ["--lazy", point]).catch(() => undefined);
}
