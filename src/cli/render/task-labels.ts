import type { TaskRef } from "../../agent/agent.ts";
import type { Job } from "../../jobfile/job.ts";

/** What a task is called in output: short, and never the same for two tasks of the job. */
export type TaskLabel = (task: Pick<TaskRef, "group" | "task" | "allocIndex">) => string;

/** `task`; `task[1]` where its group's count is above 1; `group/task` where two groups have a task of the name. */
export function createTaskLabel(job: Pick<Job, "groups">): TaskLabel {
  const groupsOf = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const group of job.groups) {
    counts.set(group.name, group.count);
    for (const { name } of group.tasks) groupsOf.set(name, (groupsOf.get(name) ?? 0) + 1);
  }
  return ({ group, task, allocIndex }) => {
    const name = (groupsOf.get(task) ?? 0) > 1 ? `${group}/${task}` : task;
    return (counts.get(group) ?? 1) > 1 ? `${name}[${allocIndex}]` : name;
  };
}

/** The labels of all tasks of a job, in the file's order, each once. */
export function toTaskLabels(job: Pick<Job, "groups">): readonly string[] {
  const label = createTaskLabel(job);
  return job.groups.flatMap((group) =>
    Array.from({ length: group.count }).flatMap((_, allocIndex) =>
      group.tasks.map((task) => label({ group: group.name, task: task.name, allocIndex })),
    ),
  );
}
