import { describe, expect, it } from "vitest";
import { parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { problemsOf, sampleTask } from "../driver/sample-task.ts";

describe("in the create request", () => {
  it("`volumes.selinuxlabel`: is on every mount of the allocation and of the task", () => {
    const agentOptions = parseAgentOptions({ volumes: { selinuxlabel: "z" } });
    const { Binds } = planContainer(sampleTask({ volumes: ["local/x:/x"] }), { agentOptions }).request
      .HostConfig;
    expect(Binds).toHaveLength(5);
    for (const bind of Binds ?? []) expect(bind).toMatch(/[:,]z$/);
  });

  it("`nvidia_runtime`: is the runtime of a task with such a device, and an engine without it is told of", () => {
    const agentOptions = parseAgentOptions({ nvidia_runtime: "gpu-runc", allow_runtimes: ["gpu-runc"] });
    const task = sampleTask({}, { deviceEnv: { NVIDIA_VISIBLE_DEVICES: "0" } });
    expect(planContainer(task, { agentOptions }).request.HostConfig.Runtime).toBe("gpu-runc");
    const engine = { cgroupVersion: 1, osType: "linux", memoryBytes: 0, runtimes: ["runc"] } as const;
    expect(problemsOf(() => planContainer(task, { agentOptions, engine }))).toEqual([
      'config.runtime: the engine has no runtime "gpu-runc"; it has runc',
    ]);
  });
});

describe("times of a minute and more", () => {
  it("`pull_activity_timeout`, `creation_grace`, `gc.dangling_containers.creation_grace`: are taken as they are, and none below", () => {
    const options = (time: string) => ({
      pull_activity_timeout: time,
      creation_grace: time,
      gc: { dangling_containers: { creation_grace: time } },
    });
    expect(parseAgentOptions(options("90s"))).toMatchObject({
      pull_activity_timeout: 90_000,
      creation_grace: 90_000,
      gc: { dangling_containers: { creation_grace: 90_000 } },
    });
    expect(problemsOf(() => parseAgentOptions(options("59s")))).toEqual([
      "gc.dangling_containers.creation_grace: must be at least 60 seconds",
      "pull_activity_timeout: must be at least 60 seconds",
      "creation_grace: must be at least 60 seconds",
    ]);
  });
});
