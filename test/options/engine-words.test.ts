import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBlame } from "../../src/driver/container/blame/blame.ts";
import { parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { isLongshoreError, OptionsError, type TaskConfig } from "../../src/task/index.ts";
import { bed, callEngine, callEngineOk, freePort } from "../bed/index.ts";
import { makeShellTask, startDriver, type TestDriver } from "../driver/driver-bed.ts";
import { sampleResources, sampleTask } from "../driver/sample-task.ts";

// What an operator may allow, so that the engine is the one who refuses.
const agentOptions = parseAgentOptions({
  volumes: { enabled: true },
  allow_privileged: true,
  allow_caps: ["all"],
});
const network = `longshore-test-${randomUUID().slice(0, 8)}`;
const plainNetwork = `${network}-plain`;
// Few machines use this range, and a taken one is the next test's.
const prefix = `10.214.${1 + Math.floor(Math.random() * 250)}`;
const taken = `${prefix}.9`;
let bench: TestDriver;

beforeAll(async () => {
  const { runLabel, socket } = bed();
  const Labels = { [runLabel.key]: runLabel.value };
  const IPAM = { Config: [{ Subnet: `${prefix}.0/24` }] };
  await callEngineOk(socket, "POST", "/networks/create", { body: { Name: network, IPAM, Labels } });
  await callEngineOk(socket, "POST", "/networks/create", { body: { Name: plainNetwork, Labels } });
  bench = startDriver({ agentOptions });
  await bench.start("sleep 600", { driverConfig: { network_mode: network, ipv4_address: taken } });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  for (const name of [network, plainNetwork]) await callEngine(bed().socket, "DELETE", `/networks/${name}`);
});

const driver = (options: object) => ({ volume_options: { driver_config: options } });

interface Case {
  readonly key: string;
  readonly config?: object;
  readonly task?: () => Promise<Partial<TaskConfig>> | Partial<TaskConfig>;
  /** `invalid` when missing. */
  readonly kind?: string;
}

const cases: readonly Case[] = [
  { key: "mount.0", config: { mount: { type: "bind", source: "/no/such", target: "/x" } } },
  { key: "volumes.1", config: { volumes: ["local:/x", "local:/etc/passwd"] } },
  { key: "volumes.0", config: { volumes: ["local:/x:rshared"] } },
  {
    key: "mount.0.volume_options.driver_config.options.zork",
    config: { mount: { target: "/x", ...driver({ name: "local", options: { zork: "1" } }) } },
  },
  {
    key: "mount.0.volume_options.driver_config",
    config: {
      mount: { target: "/x", ...driver({ name: "local", options: { type: "zorkfs", device: "/x" } }) },
    },
  },
  { key: "devices.0.host_path", config: { devices: { host_path: "/dev/nonesuch" } } },
  { key: "ulimit.nofile", config: { ulimit: { core: "0", nofile: "99999999999" } } },
  { key: "sysctl.net.ipv4.ip_forward", config: { sysctl: { "net.ipv4.ip_forward": "zork" } } },
  { key: "resources.cores", task: () => ({ resources: sampleResources({ cpusetCpus: "4000" }) }) },
  { key: "network_mode", config: { network_mode: "nonesuch" }, kind: "not-found" },
  { key: "ipc_mode", config: { ipc_mode: "container:nonesuch" }, kind: "not-found" },
  { key: "ipv4_address", config: { network_mode: plainNetwork, ipv4_address: "10.1.2.3" } },
  { key: "ipv4_address", config: { network_mode: network, ipv4_address: "10.1.2.3" } },
  { key: "ipv4_address", config: { network_mode: network, ipv4_address: taken }, kind: "conflict" },
  { key: "mac_address", config: { network_mode: "bridge", mac_address: "ff:ff:ff:ff:ff:ff" } },
  {
    key: "ports.0",
    config: { ports: ["http"] },
    task: async () => ({
      resources: sampleResources({
        ports: [{ label: "http", value: await freePort(), to: 80, hostIp: "203.0.113.7" }],
      }),
    }),
  },
  { key: "logging.config.zork", config: { logging: { config: { zork: "1" } } } },
  { key: "logging.config.max-size", config: { logging: { config: { "max-size": "zork" } } } },
  {
    key: "logging",
    config: { logging: { type: "syslog", config: { "syslog-address": "tcp://127.0.0.1:1" } } },
    kind: "unavailable",
  },
  { key: "security_opt.1", config: { security_opt: ["label=disable", 'seccomp={"defaultAction":"ZORK"}'] } },
  { key: "storage_opt.zork", config: { storage_opt: { zork: "1" } } },
  { key: "group_add.0", config: { group_add: ["nonesuch"] } },
  { key: "user", task: () => ({ user: "nonesuch" }) },
  { key: "work_dir", config: { work_dir: "/etc/passwd" } },
  { key: "command", config: { command: "/etc/passwd" } },
];

describe.concurrent("what the engine says of a start", () => {
  it.each(cases)("is about $key of $config", async ({ key, config, task, kind = "invalid" }) => {
    const more = await task?.();
    const wanted = await makeShellTask("true", { ...more, driverConfig: { ...config } });
    const error: unknown = await bench.startTask(wanted).catch((reason: unknown) => reason);
    if (!isLongshoreError(error)) throw error;
    const path = /^(user|resources)/.test(key) ? key : `config.${key}`;
    expect(error.message).toContain(`task "app": ${path}: Cannot `);
    const retryable = kind === "conflict" || kind === "unavailable";
    expect(error).toMatchObject({ kind, retryable });
    // Those who show a job file's place go by the problems.
    if (kind === "invalid") expect(error instanceof OptionsError && error.problems).toHaveLength(1);
  });
});

/** Requests that the driver's own checks or facts keep from an engine like this one, with its words all the same. */
const requests: readonly (readonly [key: string, config: object, request: object])[] = [
  ["config.runtime", { runtime: "runc" }, { HostConfig: { Runtime: "nonesuch" } }],
  ["resources.memory", {}, { HostConfig: { Memory: 4_000_000 } }],
  ["config.stop_signal", { stop_signal: "SIGUSR1" }, { StopSignal: "SIGNONE" }],
  ["config.cap_add.0", { cap_add: ["bpf"] }, { HostConfig: { CapAdd: ["CAP_BPF"] } }],
  ["config.healthcheck.interval", { healthcheck: { interval: "1s" } }, { Healthcheck: { Interval: 1 } }],
  ["config.shm_size", { shm_size: 1 }, { HostConfig: { ShmSize: -1 } }],
  ["config.oom_score_adj", { oom_score_adj: 1 }, { HostConfig: { OomScoreAdj: 2000 } }],
  ["config.volumes.0", { volumes: ["local:/q"] }, { HostConfig: { Binds: ["/tmp:/q:nocopy"] } }],
  ["config.security_opt.0", { security_opt: ["label=a"] }, { HostConfig: { SecurityOpt: ["zork"] } }],
];

describe("what the engine says of a request", () => {
  it.each(requests)("is about %s", async (key, config, request) => {
    const { image, socket } = bed();
    const answer = await callEngine(socket, "POST", "/containers/create", {
      body: { Image: image, ...request },
    });
    const { message } = JSON.parse(answer.body) as { readonly message: string };
    const plan = planContainer(sampleTask({ ...config }), { agentOptions });
    expect([message, findBlame(message, plan)?.path.join(".")]).toEqual([message, key]);
  });
});

/** Words that take an engine like this one long, or that it never says: seen there, and read in its sources. */
const words: readonly (readonly [key: string, config: object, words: string])[] = [
  [
    "config.volume_driver",
    { volume_driver: "nfs", volumes: ["some:/x"] },
    'create some: error looking up volume plugin nfs: plugin "nfs" not found',
  ],
  [
    "config.mount.0.volume_options.driver_config.name",
    { mount: { target: "/x", ...driver({ name: "nfs" }) } },
    'create 7b: error looking up volume plugin nfs: plugin "nfs" not found',
  ],
  [
    "config.logging.driver",
    { logging: { driver: "zork" } },
    "logger: no log driver named 'zork' is registered",
  ],
  [
    "config.ipv4_address",
    { network_mode: "n", ipv4_address: "10.1.2.3" },
    "invalid endpoint settings: no configured subnet or ip-range contain the IP address 10.1.2.3",
  ],
  [
    "config.ipc_mode",
    { ipc_mode: "container:a" },
    "can't join IPC of container 7b: non-shareable IPC (hint: use IpcMode:shareable for the donor container)",
  ],
  ["config.pid_mode", { pid_mode: "container:a" }, "cannot join PID of a non running container: 7b"],
  ["config.hostname", { hostname: "a" }, "runc create failed: sethostname: invalid argument"],
  [
    "config.privileged",
    { privileged: true },
    "unable to start container process: unable to apply caps: operation not permitted",
  ],
  [
    "config.security_opt.0",
    { security_opt: ["apparmor=strict"] },
    "unable to apply apparmor profile: apparmor failed to apply profile: no such file or directory",
  ],
  [
    "config.cpu_cfs_period",
    { cpu_hard_limit: true },
    'failed to write "100000": write /sys/fs/cgroup/cpu/docker/7b/cpu.cfs_period_us: invalid argument',
  ],
];

describe("what engines say elsewhere", () => {
  it.each(words)("is about %s", (key, config, text) => {
    const plan = planContainer(sampleTask({ ...config }), { agentOptions });
    expect(findBlame(text, plan)?.path.join(".")).toBe(key);
    expect(findBlame(text, planContainer(sampleTask(), { agentOptions }))).toBeUndefined();
  });

  it.each(["no space left on device: seccomp", "the flux capacitor is jammed"])("is nobody's: %s", (text) => {
    const config = { security_opt: ["seccomp=unconfined"] };
    expect(findBlame(text, planContainer(sampleTask(config), { agentOptions }))).toBeUndefined();
  });
});
