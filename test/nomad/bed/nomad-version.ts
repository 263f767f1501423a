import { findNomad, runProgram } from "./nomad-program.ts";

const version = await readVersion();

/** Whether the `nomad` that the tests run is of a version, such as `1.6`, or a later one. */
export function isNomadSince(wanted: string): boolean {
  const [major = 0, minor = 0] = toNumbers(wanted);
  const [ownMajor = 0, ownMinor = 0] = version;
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** No numbers where there is no `nomad`; its tests are skipped then. */
async function readVersion(): Promise<readonly number[]> {
  const program = await findNomad();
  if (program === undefined) return [];
  const { stdout } = await runProgram(program, ["version"]);
  const [, numbers = ""] = /^Nomad v([\d.]+)/.exec(stdout) ?? [];
  return toNumbers(numbers);
}

function toNumbers(version: string): readonly number[] {
  return version.split(".").map(Number);
}
