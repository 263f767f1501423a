import { describe, expect, it } from "vitest";
import { parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { makeShellTask, startDriver } from "../driver/driver-bed.ts";
import { problemsOf, sampleTask } from "../driver/sample-task.ts";

const engine = { cgroupVersion: 1, osType: "linux", memoryBytes: 0 } as const;

const planned = (config: object, agent: object = {}, apiVersion = "1.48") =>
  planContainer(sampleTask({ ...config }), {
    agentOptions: parseAgentOptions(agent),
    engine: { ...engine, apiVersion },
  }).request;

/** What a start says, which the engine refuses for want of what it needs. */
async function refusal(config: Readonly<Record<string, unknown>>, agent: object = {}): Promise<string> {
  await using bench = startDriver({ agentOptions: parseAgentOptions(agent) });
  const error: unknown = await bench
    .startTask(await makeShellTask("true", { driverConfig: config }))
    .catch((reason: unknown) => reason);
  return error instanceof Error ? error.message : "it started";
}

describe("in the create request", () => {
  it("`privileged`: the container is asked to be", () => {
    expect(planned({ privileged: true }, { allow_privileged: true }).HostConfig.Privileged).toBe(true);
  });

  it("`gpus`: are asked for as the docker command does, and an engine without any says so", async () => {
    const request = (gpus: string | number) => planned({ gpus }).HostConfig.DeviceRequests;
    expect(request("all")).toEqual([{ Count: -1, Capabilities: [["gpu"]] }]);
    expect(request(2)).toEqual([{ Count: 2, Capabilities: [["gpu"]] }]);
    expect(request("device=0,GPU-3a")).toEqual([{ DeviceIDs: ["0", "GPU-3a"], Capabilities: [["gpu"]] }]);
    expect(await refusal({ gpus: "all" })).toMatch(
      /could not select device driver|capabilities: \[\[gpu\]\]/,
    );
  });

  it("`storage_opt`: is handed on, and an engine that cannot do it says so", async () => {
    expect(planned({ storage_opt: { size: "1G" } }).HostConfig.StorageOpt).toEqual({ size: "1G" });
    expect(await refusal({ storage_opt: { size: "1G" } })).toMatch(/storage-opt|it started/);
  });

  it("`isolation`: is refused where the engine's containers are not Windows", () => {
    expect(problemsOf(() => planned({ isolation: "process" }))).toEqual([
      "config.isolation: works on Windows only, not on linux",
    ]);
  });

  it("`mount.volume_options.subpath`, `mount.image_options.subpath`: are handed on, and an older engine's lack is told", async () => {
    const agent = { volumes: { enabled: true } };
    const mount = [
      { target: "/v", source: "data", volume_options: { subpath: "a/b" } },
      { type: "image", target: "/i", source: "app:1", image_options: { subpath: "etc" } },
    ];
    expect(planned({ mount }, agent).HostConfig.Mounts).toMatchObject([
      { Type: "volume", Source: "data", VolumeOptions: { Subpath: "a/b" } },
      { Type: "image", Source: "app:1", ImageOptions: { Subpath: "etc" } },
    ]);
    expect(problemsOf(() => planned({ mount }, agent, "1.41"))).toEqual([
      "config.mount.0.volume_options.subpath: needs Docker Engine 26 (API 1.45); this one speaks API 1.41",
      "config.mount.1: an image mount needs Docker Engine 28 (API 1.48); this one speaks API 1.41",
    ]);
  });
});
