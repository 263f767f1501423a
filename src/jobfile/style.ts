import type { Block } from "./tree.ts";

/**
 * Whether a job is written in the style of 2015: tasks directly in the job, ports in `dynamic_ports` or `reserved_ports`,
 * or `args` as one text.
 */
export function isSeedStyle(job: Block): boolean {
  const lone = job.blocks.task ?? [];
  if (lone.length > 0) return true;
  return (job.blocks.group ?? []).flatMap((group) => group.blocks.task ?? []).some(hasSeedKeys);
}

function hasSeedKeys(task: Block): boolean {
  const config = task.attributes.config?.value as Readonly<Record<string, unknown>> | undefined;
  const networks = (task.blocks.resources ?? []).flatMap((resources) => resources.blocks.network ?? []);
  return typeof config?.args === "string" || networks.some(hasSeedPorts);
}

/** Whether a task's network has the port lists of 2015. */
export function hasSeedPorts(network: Block): boolean {
  return network.attributes.dynamic_ports !== undefined || network.attributes.reserved_ports !== undefined;
}
