import type { Findings } from "./findings.ts";
import type { Block, Place } from "./tree.ts";

/** Tells of a name that is missing, or that no folder can have. */
export function checkName(kind: string, name: string, block: Block, findings: Findings): void {
  const place = block.labelPlace ?? block.place;
  if (name.trim() === "")
    findings.error(place, `Missing ${kind} name`, `A ${kind} needs a name: ${kind} "name" { ... }.`);
  else if (kind !== "job" && /[/\\\0]|^\.\.?$/.test(name)) {
    findings.error(
      place,
      `Invalid ${kind} name`,
      `"${name}" is no ${kind} name: it becomes a folder, so it has no slashes and is not . or ...`,
    );
  } else if (kind === "task") checkTaskFolder(name, place, findings);
}

const maxNameBytes = 128;

/** A task's folder lies beside the allocation's `alloc`, and its log files have its name and a little more. */
function checkTaskFolder(name: string, place: Place | undefined, findings: Findings): void {
  const bytes = Buffer.byteLength(name);
  const why =
    name === "alloc"
      ? '"alloc" is no task name: the folder that the tasks of a group share is called so.'
      : bytes > maxNameBytes
        ? `A task's name becomes a folder, so it has ${maxNameBytes} bytes at most, not ${bytes}.`
        : undefined;
  if (why !== undefined) findings.error(place, "Invalid task name", why);
}

/** Tells of each block whose name another one has. */
export function checkUnique(kind: string, named: readonly Block[], findings: Findings): void {
  const seen = new Map<string, Block>();
  for (const block of named) {
    const name = block.label ?? "";
    const first = seen.get(name);
    if (first !== undefined) {
      const line = first.place?.[1] ?? "?";
      findings.error(
        block.labelPlace ?? block.place,
        `Duplicate ${kind} name`,
        `There is a ${kind} "${name}" already, on line ${line}.`,
      );
    }
    seen.set(name, first ?? block);
  }
}
