import { OptionsError, type TaskConfig } from "../../src/task/index.ts";

/** A task of the image `app`, 500 MHz and 256 MB, for plans that touch nothing. */
export function sampleTask(
  driverConfig: Readonly<Record<string, unknown>> = {},
  overrides: Partial<TaskConfig> = {},
): TaskConfig {
  const { resources, ...rest } = overrides;
  return {
    id: "a1/web/x",
    name: "web",
    allocId: "a1",
    jobId: "job",
    jobName: "My job",
    taskGroupName: "group",
    namespace: "default",
    parentJobId: "",
    nodeName: "node",
    nodeId: "n1",
    driverConfig: { image: "app", ...driverConfig },
    env: {},
    deviceEnv: {},
    mounts: [],
    devices: [],
    user: "",
    allocDir: "/allocs/a1",
    stdoutPath: "/dev/null",
    stderrPath: "/dev/null",
    ...rest,
    resources: {
      cpuMhz: 500,
      memoryMb: 256,
      memoryMaxMb: 0,
      cpusetCpus: "",
      percentTicks: 0,
      ports: [],
      networks: [],
      ...resources,
    },
  };
}

/** Resources of a sample task with some of them changed. */
export function sampleResources(changes: Partial<TaskConfig["resources"]>): TaskConfig["resources"] {
  return { ...sampleTask().resources, ...changes };
}

/** What is wrong according to the call, as `path: message` lines; none when it does not throw. */
export function problemsOf(call: () => unknown): readonly string[] {
  try {
    call();
    return [];
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    return error.problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
  }
}
