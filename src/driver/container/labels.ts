import type { TaskConfig } from "../../task/index.ts";
import { matchesGlob } from "../options/glob.ts";
import type { Planning } from "./planning.ts";

const prefix = "com.hashicorp.nomad.";

/** On every container that the driver makes; the value is the allocation's id. */
export const allocIdLabel = `${prefix}alloc_id`;

/** On every container where it is known who the host is: whose task it was, also once nobody knows the task. */
export const hostLabel = "longshore.host";

/** The task's labels, the agent's `extra_labels`, and always the allocation's id. */
export function planLabels({ task, options, agent }: Planning): Readonly<Record<string, string>> {
  const extra = Object.entries(toExtraLabels(task)).filter(
    ([name, value]) => value !== "" && agent.extra_labels.some((glob) => matchesGlob(glob, name)),
  );
  const own = extra.map(([name, value]) => [`${prefix}${name}`, value]);
  return { ...options.labels, ...Object.fromEntries(own), [allocIdLabel]: task.allocId };
}

function toExtraLabels(task: TaskConfig): Readonly<Record<string, string>> {
  return {
    job_name: task.jobName,
    job_id: task.jobId,
    parent_job_id: task.parentJobId,
    task_group_name: task.taskGroupName,
    task_name: task.name,
    namespace: task.namespace,
    node_name: task.nodeName,
    node_id: task.nodeId,
  };
}
