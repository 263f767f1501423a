import { checkJob, type PlannedTask, planJob, toAgentSettings } from "../agent/index.ts";
import { type ContainerPlan, createDockerDriver, planContainer } from "../driver/index.ts";
import { createEngine } from "../engine/index.ts";
import type { ReadJob } from "../jobfile/index.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";
import { loadSetting } from "./load-job.ts";
import { locateProblems } from "./locate-problems.ts";

/** A task and the container that would be made for it. */
export interface TaskPlan extends PlannedTask {
  readonly container: ContainerPlan;
}

// No engine is asked; the driver wants to have one all the same.
const noEngine = { endpoint: "unix:///dev/null" };

/**
 * What a job would create on this machine, without an engine and without touching anything. Rejects with a
 * JobFileError that has all that the agent and the driver would refuse.
 */
export async function planTasks(
  input: CommandInput,
  io: CommandIo,
  read: ReadJob,
): Promise<readonly TaskPlan[]> {
  const { agentOptions, node, place } = await loadSetting(input, io);
  await using engine = createEngine(noEngine);
  await using driver = createDockerDriver({ engine, agentOptions });
  try {
    checkJob(read.job, driver, { settings: toAgentSettings(place), node });
    return planJob(read.job, { ...place, node }).map((planned) => ({
      ...planned,
      container: planContainer(planned.config, { agentOptions }),
    }));
  } catch (error) {
    throw locateProblems(error, input.words[0] ?? "", read);
  }
}
