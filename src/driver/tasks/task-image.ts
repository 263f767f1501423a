import type { ContainerPlan } from "../container/plan-container.ts";
import type { DriverContext } from "../context.ts";
import type { AcquireOptions } from "../images/index.ts";
import type { DockerTask } from "./docker-task.ts";

/** How a task's image is to be made available. */
export function toAcquireOptions(
  context: DriverContext,
  task: DockerTask,
  { options, archive }: Pick<ContainerPlan, "options" | "archive">,
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
    ...(archive !== undefined && { loadArchive: archive }),
  };
}
