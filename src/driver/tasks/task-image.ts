import { join } from "node:path";
import { LongshoreError, type TaskConfig, toTaskDirs } from "../../task/index.ts";
import { isInside } from "../container/bind-source.ts";
import { hostFiles } from "../container/host-files.ts";
import type { DriverContext } from "../context.ts";
import type { AcquireOptions } from "../images/index.ts";
import type { TaskOptions } from "../options/task-options.ts";
import type { DockerTask } from "./docker-task.ts";

/** How a task's image is to be made available. Throws `invalid` for an archive outside the task's local folder. */
export function toAcquireOptions(
  context: DriverContext,
  task: DockerTask,
  options: TaskOptions,
  signal: AbortSignal,
): AcquireOptions {
  const { username, password, server_address } = options.auth;
  const hasAuth = username !== undefined || password !== undefined || server_address !== undefined;
  return {
    reference: options.image ?? "",
    pullPolicy: options.force_pull ? "always" : options.pull_policy,
    authSoftFail: options.auth_soft_fail,
    pullTimeoutMs: options.image_pull_timeout ?? context.agent.image_pull_timeout,
    activityTimeoutMs: context.agent.pull_activity_timeout,
    onEvent: (event) => context.emit(task, event),
    signal,
    ...(hasAuth && { auth: { username, password, serverAddress: server_address } }),
    ...(options.load !== undefined && { loadArchive: toArchivePath(task.config, options.load) }),
  };
}

function toArchivePath(task: TaskConfig, load: string): string {
  const { localDir } = toTaskDirs(task);
  const path = hostFiles.realPath(join(localDir, load));
  if (isInside(hostFiles.realPath(localDir), path)) return path;
  throw new LongshoreError(
    "invalid",
    `task "${task.name}": config.load: "${load}" is outside the task's local folder`,
    {
      hint: "Put the archive into local/, for example by an artifact block.",
    },
  );
}
