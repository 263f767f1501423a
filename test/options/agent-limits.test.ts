import { readlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { bed, callEngine, startFaultProxy } from "../bed/index.ts";
import {
  type BenchOptions,
  fromEngine,
  MemorySink,
  makeShellTask,
  startDriver,
} from "../driver/driver-bed.ts";
import { look } from "./look.ts";

type Config = Readonly<Record<string, unknown>>;

/** What a start of the config says on an agent of the options. */
async function refusal(config: Config, agent: Config = {}): Promise<string> {
  await using bench = startDriver({ agentOptions: parseAgentOptions(agent) });
  const task = await makeShellTask("true", { driverConfig: config });
  const error: unknown = await bench.startTask(task).catch((reason: unknown) => reason);
  return error instanceof Error ? error.message : "it started";
}

describe("what the agent allows", () => {
  const agent = {
    allow_caps: ["net_raw", "chown"],
    allow_devices: ["/dev/null"],
    allow_runtimes: ["runc"],
    allowed_modes: { pid: ["host"], ipc: ["host"], uts: ["ho*"], userns: ["host"], network: ["none"] },
    volumes: { enabled: true },
  };
  const seen = look({
    agent,
    config: {
      cap_add: ["net_raw"],
      devices: [{ host_path: "/dev/null", container_path: "/dev/mine" }],
      runtime: "runc",
      pid_mode: "host",
      ipc_mode: "host",
      uts_mode: "host",
      userns_mode: "host",
      network_mode: "none",
      volumes: ["/proc:/host-proc:ro"],
    },
    see: {
      status: "grep CapBnd /proc/self/status",
      device: "stat -c %F /dev/mine",
      namespaces: "readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts; readlink /proc/self/ns/user",
      network: "ls /sys/class/net",
      volume: "ls /host-proc",
    },
  });

  it("`allow_caps`: is all that a task has, and may have", async () => {
    expect(seen().inside("status")).toMatch(/CapBnd:\s+0000000000002001$/);
    expect(await refusal({ cap_add: ["kill"] }, agent)).toContain("option allow_caps does not hold KILL");
  });

  it("`allow_devices`: lets a task have those and no others", async () => {
    expect(seen().inside("device")).toBe("character special file");
    const config = { devices: [{ host_path: "/dev/zero" }] };
    expect(await refusal(config, agent)).toContain('allow_devices does not hold "/dev/zero"');
  });

  it("`allow_runtimes`: lets a task name those and no others", async () => {
    expect(seen().inspected.HostConfig.Runtime).toBe("runc");
    expect(await refusal({ runtime: "io.containerd.runc.v2" }, agent)).toContain(
      "option allow_runtimes (runc)",
    );
  });

  it("`allowed_modes.pid`, `allowed_modes.ipc`, `allowed_modes.uts`, `allowed_modes.userns`: let a task share the host's", async () => {
    const host = ["ipc", "uts", "user"].map((name) => readlinkSync(`/proc/self/ns/${name}`));
    expect(seen().inside("namespaces").split("\n")).toEqual(host);
    expect(seen().inspected.HostConfig).toMatchObject({ PidMode: "host", IpcMode: "host", UTSMode: "host" });
    const modes = { pid_mode: "host", ipc_mode: "host", uts_mode: "host", userns_mode: "host" };
    for (const [key, mode] of Object.entries(modes)) {
      const option = `allowed_modes.${key.replace("_mode", "")}`;
      expect(await refusal({ [key]: mode })).toContain(`needs allow_privileged or ${option}`);
    }
  });

  it("`allowed_modes.network`: lets a task use those and no others", async () => {
    expect(seen().inside("network")).toBe("lo");
    expect(await refusal({ network_mode: "host" }, agent)).toContain("option allowed_modes.network (none)");
  });

  it("`volumes.enabled`: lets a task mount a path of the host", async () => {
    expect(seen().inside("volume").split("\n")).toContain("self");
    expect(await refusal({ volumes: ["/proc:/host-proc:ro"] })).toContain("volumes are not enabled");
  });

  it("`allow_privileged`: lets a task ask for it, and for all modes", async () => {
    const config = { privileged: true, pid_mode: "host" };
    expect(await refusal(config)).toMatch(/privileged: needs allow_privileged.*pid_mode: "host" needs/);
    // Where the engine's own container lacks a capability, this is as far as a privileged one comes.
    expect(await refusal(config, { allow_privileged: true })).toMatch(/^it started|unable to apply caps/);
  });

  it("`windows_allow_insecure_container_admin`: changes nothing on Linux", async () => {
    expect(await refusal({}, { windows_allow_insecure_container_admin: true })).toBe("it started");
  });
});

describe("what the agent gives", () => {
  const seen = look({
    agent: {
      pids_limit: 33,
      oom_score_adj: 7,
      extra_labels: ["job_*", "node_id"],
      logging: { type: "local", config: { "max-size": "1m" } },
    },
    see: { oom: "cat /proc/self/oom_score_adj" },
  });

  it("`pids_limit`: is the most that a task may have", async () => {
    expect(seen().inspected.HostConfig.PidsLimit).toBe(33);
    expect(await refusal({ pids_limit: 34 }, { pids_limit: 33 })).toContain("option pids_limit (33)");
  });

  it("`oom_score_adj`: is the least that a task may have", async () => {
    expect(seen().inside("oom")).toBe("7");
    expect(await refusal({ oom_score_adj: 6 }, { oom_score_adj: 7 })).toContain("option oom_score_adj (7)");
  });

  it("`extra_labels`: are on the container", () => {
    const { Labels } = seen().inspected.Config;
    expect(Labels).toMatchObject({
      "com.hashicorp.nomad.job_id": "test",
      "com.hashicorp.nomad.job_name": "test",
      "com.hashicorp.nomad.node_id": "00000000-0000-0000-0000-000000000000",
    });
    expect(Labels).not.toHaveProperty("com.hashicorp.nomad.task_name");
  });

  it("`logging.type`, `logging.config`: are those of a task that names none", () => {
    expect(seen().inspected.HostConfig.LogConfig).toEqual({ Type: "local", Config: { "max-size": "1m" } });
  });

  it("`disable_log_collection`: leaves the output unread", async () => {
    await using bench = startDriver({ agentOptions: parseAgentOptions({ disable_log_collection: true }) });
    const sink = new MemorySink();
    const task = await bench.start("echo unread", {}, { logs: sink });
    await bench.driver.waitTask(task.id);
    await bench.driver.destroyTask(task.id);
    expect([...bench.engine.calls.keys()].filter((call) => call.endsWith("/logs"))).toEqual([]);
    expect(sink.chunks).toEqual([]);
  });

  it("`logs.from_files`: without it the engine is asked for the output", async () => {
    const asked = async (options: BenchOptions) => {
      await using bench = startDriver(options);
      expect(await bench.run("echo out")).toMatchObject({ stdout: "out\n" });
      return [...bench.engine.calls.keys()].filter((call) => call.endsWith("/logs")).length > 0;
    };
    expect([await asked({}), await asked(fromEngine)]).toEqual([false, true]);
  });

  it("`container_exists_attempts`: a taken name is tried so many times more", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    proxy.rule((method, path) =>
      method === "POST" && path === "/containers/create"
        ? { status: 409, body: { message: "in use" } }
        : "pass",
    );
    const agentOptions = parseAgentOptions({ container_exists_attempts: 1 });
    await using bench = startDriver({ endpoint: proxy.endpoint, agentOptions });
    await expect(bench.startTask(await makeShellTask("true"))).rejects.toThrow("in use");
    expect(proxy.counts.get("POST /containers/create")).toBe(2);
  });

  it("`gc.container`: false leaves a destroyed task's container", async () => {
    await using bench = startDriver({ agentOptions: parseAgentOptions({ gc: { container: false } }) });
    const { task } = await bench.run("true");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    await bench.driver.destroyTask(task.id);
    expect((await callEngine(bed().socket, "GET", `/containers/${container_id}/json`)).status).toBe(200);
    await callEngine(bed().socket, "DELETE", `/containers/${container_id}`);
  });
});
