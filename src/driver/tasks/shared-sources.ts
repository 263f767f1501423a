import { OptionsError, type TaskConfig } from "../../task/index.ts";
import { type HostFiles, hostFiles } from "../container/host-files.ts";
import type { ContainerPlan } from "../container/plan-container.ts";

/**
 * Looks again where paths lead that other containers of the group can change. Throws an OptionsError for one that leads
 * elsewhere than when it was judged. The engine takes paths by name only, so that this is done before the container is
 * made, before it starts, and once it runs; a swap that is undone in the moments between is not seen.
 */
export function checkSharedSources(
  task: Pick<TaskConfig, "name">,
  { sharedSources }: Pick<ContainerPlan, "sharedSources">,
  files: HostFiles = hostFiles,
): void {
  const problems = sharedSources
    .map((path) => ({ path, real: files.realPath(path) }))
    .filter(({ path, real }) => path !== real)
    .map(({ path, real }) => ({
      path: ["config"],
      message: `the path ${path}, which is to be mounted, was replaced by a link to ${real}`,
    }));
  if (problems.length > 0) throw new OptionsError(`task "${task.name}"`, problems);
}
