import { bed } from "../../bed/facts.ts";
import { quote } from "./agent-config.ts";

export interface ShellTask {
  readonly name?: string;
  /** Run by the image's shell. */
  readonly script: string;
  /** HCL inside `config { ... }`. */
  readonly config?: string;
  /** HCL inside `task { ... }`. */
  readonly more?: string;
  readonly image?: string;
}

export interface ShellJob extends ShellTask {
  readonly id: string;
  /** `service` when missing. */
  readonly type?: string;
  readonly count?: number;
  /** HCL inside `group { ... }`. */
  readonly group?: string;
  /** HCL inside `job { ... }`. */
  readonly job?: string;
  /** Tasks beside the first. */
  readonly tasks?: readonly ShellTask[];
}

/** A job file of one group whose tasks run shell scripts; nothing is tried again unless the group says so. */
export function shellJob(job: ShellJob): string {
  const { id, type = "service", count = 1, group = "" } = job;
  const restart = group.includes("restart {") ? "" : 'restart {\n attempts = 0\n mode = "fail"\n}';
  const canReschedule = ["service", "batch"].includes(type) && !group.includes("reschedule {");
  const reschedule = canReschedule ? "reschedule {\n attempts = 0\n unlimited = false\n}" : "";
  const update = type === "service" ? 'update {\n min_healthy_time = "0s"\n}' : "";
  return `
job ${quote(id)} {
  datacenters = ["dc1"]
  type = ${quote(type)}
  ${update}
  ${job.job ?? ""}
  group "group" {
    count = ${count}
    ${restart}
    ${reschedule}
    ${group}
    ${[job, ...(job.tasks ?? [])].map(toTask).join("\n")}
  }
}
`;
}

function toTask({ name = "app", script, config = "", more = "", image = bed().image }: ShellTask): string {
  const { key, value } = bed().runLabel;
  const resources = more.includes("resources {") ? "" : "resources {\n cpu = 20\n memory = 32\n}";
  const killTimeout = more.includes("kill_timeout") ? "" : 'kill_timeout = "2s"';
  return `
    task ${quote(name)} {
      driver = "docker"
      ${killTimeout}
      config {
        image   = ${quote(image)}
        command = "sh"
        args    = ["-c", ${quote(script)}]
        labels  = [{ ${quote(key)} = ${quote(value)} }]
        ${config}
      }
      ${resources}
      ${more}
    }
`;
}

/** A script that writes `ready`, then waits until it is asked to end, and then ends with 0. */
export const waitScript = "trap 'exit 0' TERM INT; echo ready; while :; do sleep 1000 & wait; done";
