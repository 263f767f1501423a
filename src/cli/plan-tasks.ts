import { checkJob, type PlannedTask, planJob, toAgentSettings } from "../agent/index.ts";
import { type ContainerPlan, createDockerDriver, planContainer } from "../driver/index.ts";
import { createEngine } from "../engine/index.ts";
import type { Job, ReadJob } from "../jobfile/index.ts";
import { type OptionProblem, OptionsError } from "../task/index.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";
import { loadSetting, type Setting } from "./load-setting.ts";
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
  const setting = await loadSetting(input, io);
  const { agentOptions, node, place } = setting;
  try {
    await checkHere(read.job, setting);
    return planJob(read.job, { ...place, node }).map((planned) => ({
      ...planned,
      container: planContainer(planned.config, { agentOptions }),
    }));
  } catch (error) {
    throw locateProblems(error, input.words[0] ?? "", read);
  }
}

/** What the agent and the driver would refuse of a job on this machine; nothing where the command is at fault itself. */
export async function findProblems(
  input: CommandInput,
  io: CommandIo,
  job: Job,
): Promise<readonly OptionProblem[]> {
  // That is told once the file has no fault.
  const setting = await loadSetting(input, io).catch(() => undefined);
  if (setting === undefined) return [];
  try {
    await checkHere(job, setting);
    return [];
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
}

async function checkHere(job: Job, { agentOptions, node, place }: Setting): Promise<void> {
  await using engine = createEngine(noEngine);
  await using driver = createDockerDriver({ engine, agentOptions });
  checkJob(job, driver, { settings: toAgentSettings(place), node });
}
