import { type OptionProblem, toSignal } from "../task/index.ts";
import { checkFiles } from "./check-files.ts";
import type { TaskPlace } from "./task-place.ts";

/** What this machine and its agent cannot give a task, whatever its driver says; paths begin at the task. */
export function checkTask(place: TaskPlace): readonly OptionProblem[] {
  return [...checkName(place), ...checkSignals(place), ...checkFiles(place), ...checkAmounts(place)];
}

function checkName({ task: { name, driver } }: TaskPlace): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (!isFolderName(name))
    problems.push({
      path: [],
      message: `"${name}" cannot be a task's name: a folder is named after it`,
      hint: 'Names may not be empty, ".", ".." or "alloc", have no slash in them, and 128 bytes at most.',
    });
  if (driver !== "docker")
    problems.push({
      path: ["driver"],
      message: `driver "${driver}" is not there; Longshore runs "docker"`,
    });
  return problems;
}

/** The task's folder lies beside the allocation's `alloc`. */
function isFolderName(name: string): boolean {
  return !["", ".", "..", "alloc"].includes(name) && !/[/\\\0]/.test(name) && Buffer.byteLength(name) <= 128;
}

function checkSignals({ task: { killSignal, templates } }: TaskPlace): readonly OptionProblem[] {
  const named = templates.map(({ changeSignal }, index) => ({
    path: ["template", index, "change_signal"],
    signal: changeSignal,
  }));
  return [{ path: ["kill_signal"], signal: killSignal }, ...named]
    .filter(({ signal }) => signal !== undefined && toSignal(signal) === undefined)
    .map(({ path, signal }) => ({
      path,
      message: `there is no signal "${signal}"`,
      hint: 'Such as "SIGHUP" or "SIGUSR1".',
    }));
}

function checkAmounts({ task: { resources }, settings: { machine } }: TaskPlace): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (resources.memoryMb > machine.memoryMb)
    problems.push({
      path: ["resources", "memory"],
      message: `${resources.memoryMb} MB is more than this machine's ${machine.memoryMb} MB`,
      hint: "Lower `memory`.",
    });
  if (resources.cores > machine.cores)
    problems.push({
      path: ["resources", "cores"],
      message: `${resources.cores} cores are more than this machine's ${machine.cores}`,
      hint: "Lower `cores`.",
    });
  return problems;
}
