import type { NomadServer } from "./server.ts";

export interface TaskEventStub {
  readonly Type: string;
  readonly DisplayMessage: string;
  readonly Details: Readonly<Record<string, string>> | null;
  readonly Time: number;
}

export interface TaskStateStub {
  readonly State: "pending" | "running" | "dead";
  readonly Failed: boolean;
  readonly Restarts: number;
  readonly StartedAt: string;
  readonly Events: readonly TaskEventStub[];
}

export interface AllocStub {
  readonly ID: string;
  readonly JobVersion: number;
  readonly ClientStatus: string;
  readonly DesiredStatus: string;
  readonly TaskStates: Readonly<Record<string, TaskStateStub>> | null;
}

/** Registers a job and resolves when one of its allocations is as wanted (running, when not said). */
export async function runJob(
  server: NomadServer,
  jobFile: string,
  isWanted: (alloc: AllocStub) => boolean = isRunning,
): Promise<AllocStub> {
  const [, id = ""] = /^\s*job "([^"]+)"/m.exec(jobFile) ?? [];
  await server.nomad(["job", "run", "-detach", "-"], { input: jobFile });
  return await untilAlloc(server, id, isWanted);
}

/** The newest allocation of a job that is as wanted, as soon as there is one. */
export async function untilAlloc(
  server: NomadServer,
  jobId: string,
  isWanted: (alloc: AllocStub) => boolean,
): Promise<AllocStub> {
  const path = `/v1/job/${encodeURIComponent(jobId)}/allocations`;
  const allocs = await server.api.until<readonly AllocStub[]>(path, (all) => all.some(isWanted));
  const found = allocs.find(isWanted);
  if (found === undefined) throw new Error("no allocation");
  return found;
}

export function isRunning({ ClientStatus, DesiredStatus, TaskStates }: AllocStub): boolean {
  const tasks = Object.values(TaskStates ?? {});
  return (
    ClientStatus === "running" && DesiredStatus === "run" && tasks.every(({ State }) => State === "running")
  );
}

export function hasEnded({ ClientStatus }: AllocStub): boolean {
  return ["complete", "failed", "lost"].includes(ClientStatus);
}

/** The sentences of a task's events, as `nomad alloc status` shows them. */
export function toMessages({ TaskStates }: AllocStub, task = "app"): readonly string[] {
  return (TaskStates?.[task]?.Events ?? []).map((event) => event.DisplayMessage);
}

/** Resolves when a task's output holds the text; answers the output so far. */
export async function untilLogged(
  server: NomadServer,
  alloc: AllocStub,
  text: string,
  options: { readonly task?: string; readonly stream?: "stdout" | "stderr" } = {},
): Promise<string> {
  const { task = "app", stream = "stdout" } = options;
  const path = `/v1/client/fs/logs/${alloc.ID}?task=${task}&type=${stream}&follow=true&plain=true`;
  return await server.api.follow(path, (output) => output.includes(text));
}

/** Runs a shell script in a task by `nomad alloc exec`, without input; answers its output, rejects when it fails. */
export async function execInTask(
  server: NomadServer,
  alloc: AllocStub,
  script: string,
  task = "app",
): Promise<string> {
  const command = ["-t=false", "-i=false", "-task", task, alloc.ID, "sh", "-c", script];
  return (await server.nomad(["alloc", "exec", ...command])).stdout;
}

/** Ends a job and resolves when its allocations have. */
export async function stopJob(server: NomadServer, jobId: string): Promise<void> {
  await server.nomad(["job", "stop", "-detach", jobId]);
  const path = `/v1/job/${encodeURIComponent(jobId)}/allocations`;
  await server.api.until<readonly AllocStub[]>(path, (all) => all.every(hasEnded));
}
