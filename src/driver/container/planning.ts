import { isLongshoreError, type OptionProblem, type TaskConfig } from "../../task/index.ts";
import type { AgentOptions } from "../options/agent-options.ts";
import type { OptionPath } from "../options/fields.ts";
import type { TaskOptions } from "../options/task-options.ts";
import type { HostFiles } from "./host-files.ts";

/** What a plan must know of the engine; what is not known is not judged. */
export interface EngineFacts {
  readonly cgroupVersion: 1 | 2;
  /** `linux` or `windows`: what the containers run. */
  readonly osType: string;
  /** The machine's memory; 0 when unknown. */
  readonly memoryBytes: number;
  /** The API version that is spoken with the engine, such as `1.41`. */
  readonly apiVersion?: string | undefined;
  /** Names of the OCI runtimes that the engine has. */
  readonly runtimes?: readonly string[] | undefined;
  /** Names of its log drivers. */
  readonly logDrivers?: readonly string[] | undefined;
}

/** The machine's compute. */
export interface Topology {
  readonly totalMhz: number;
  readonly cores: number;
}

/** One task while its container is planned; the parts of the plan add to `problems` and `notes`. */
export interface Planning {
  readonly task: TaskConfig;
  readonly options: TaskOptions;
  readonly agent: AgentOptions;
  readonly engine: EngineFacts;
  readonly topology: Topology;
  readonly files: HostFiles;
  readonly problems: OptionProblem[];
  /** What an operator may want to know of the plan. */
  readonly notes: string[];
}

/** Says that a key of the task's `config` cannot be as it is. */
export function refuse(planning: Planning, path: OptionPath, message: string, hint?: string): void {
  planning.problems.push({ path: ["config", ...path], message, hint });
}

/** Whether something is wrong with a key of the task's `config` by itself. */
export function isRefused(planning: Planning, path: OptionPath): boolean {
  const key = ["config", ...path].join(".");
  return planning.problems.some((problem) => problem.path.join(".") === key);
}

/** Where an absolute path of the key leads, links resolved; one that leads in circles is refused and left as it is. */
export function realPath(planning: Planning, path: OptionPath, written: string): string {
  try {
    return planning.files.realPath(written);
  } catch (error) {
    if (!isLongshoreError(error, "invalid")) throw error;
    refuse(planning, path, error.message);
    return written;
  }
}
