import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { makeShellTask, startDriver } from "../driver/driver-bed.ts";
import { problemsOf, sampleTask } from "../driver/sample-task.ts";

const folder = mkdtempSync(join(tmpdir(), "longshore-powers-"));
beforeAll(() => {
  writeFileSync(join(folder, "secret"), "root:$6$hash:0:0\n");
  writeFileSync(join(folder, "huge"), Buffer.alloc(2_000_000, " "));
  symlinkSync("/dev/null", join(folder, "device"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const faults = (config: object, agent: object = {}) =>
  problemsOf(() =>
    planContainer(sampleTask({ ...config }), { agentOptions: parseAgentOptions(agent) }),
  ).join();

const mode = (key: string) => `needs allow_privileged or allowed_modes.${key}`;

describe("a task without the agent's leave", () => {
  // Checks: planCapabilities, planSecurity, checkMode, planRuntime, planDevices.
  it.each([
    ["all capabilities", { cap_add: ["ALL"] }, "allow_caps does not hold ALL"],
    ["the host's administration", { cap_add: ["CAP_SYS_ADMIN"] }, "allow_caps does not hold SYS_ADMIN"],
    ["a capability in lower case", { cap_add: ["sys_ptrace"] }, "allow_caps does not hold SYS_PTRACE"],
    [
      "a capability with white space around it",
      { cap_add: [" sys_module "] },
      "allow_caps does not hold SYS_MODULE",
    ],
    [
      "raw sockets, which Docker gives and the agent does not",
      { cap_add: ["net_raw"] },
      "does not hold NET_RAW",
    ],
    [
      "capabilities after dropping all",
      { cap_drop: ["all"], cap_add: ["sys_rawio"] },
      "does not hold SYS_RAWIO",
    ],
    ["to be privileged", { privileged: true }, "needs allow_privileged"],
    ["to be privileged, said as text", { privileged: "true" }, "needs allow_privileged"],
    ["the host's processes", { pid_mode: "host" }, mode("pid")],
    ["another container's processes", { pid_mode: "container:other" }, mode("pid")],
    ["the host's shared memory", { ipc_mode: "host" }, mode("ipc")],
    ["another container's shared memory", { ipc_mode: "container:other" }, mode("ipc")],
    ["shared memory that others may join", { ipc_mode: "shareable" }, mode("ipc")],
    ["the host's name", { uts_mode: "host" }, mode("uts")],
    ["the host's users", { userns_mode: "host" }, mode("userns")],
    ["a namespace by its path", { pid_mode: "ns:/proc/1/ns/pid" }, mode("pid")],
    ["a network namespace by its path", { network_mode: "ns:/proc/1/ns/net" }, "is no network mode"],
    ["a network of a container without a name", { network_mode: "container:" }, "is no network mode"],
    ["a runtime of the engine", { runtime: "io.containerd.runc.v2" }, "option allow_runtimes (runc, nvidia)"],
    [
      "a parameter of the whole machine",
      { sysctl: { "kernel.core_pattern": "|/alloc/x" } },
      "of the whole machine",
    ],
    ["one written with slashes", { sysctl: { "kernel/modprobe": "/alloc/x" } }, "of the whole machine"],
    ["an option that is none of Docker's", { security_opt: ["systempaths=unconfined"] }, "is none of"],
  ])("does not get %s", (_, config, message) => {
    expect(faults(config)).toContain(message);
  });

  // Check: planCapabilities withholds what Docker gives and allow_caps does not hold, unless `cap_add` brought it.
  it("does not keep what Docker gives and the agent does not", () => {
    const { HostConfig } = planContainer(sampleTask(), { agentOptions: parseAgentOptions() }).request;
    expect(HostConfig.CapDrop).toEqual(["NET_RAW"]);
  });

  it.each([
    ["another device", { devices: [{ host_path: "/dev/zero" }] }],
    ["a device behind a link", { devices: [{ host_path: join(folder, "device") }] }],
    ["a device by dots", { devices: [{ host_path: "/dev/shm/../zero" }] }],
    ["every device below a folder", { devices: [{ host_path: "/dev" }] }],
  ])("does not get %s when the agent lists others", (_, config) => {
    expect(faults(config, { allow_devices: ["/dev/fuse"] })).toContain("option allow_devices does not hold");
  });

  // Check: checkAllowedMode.
  it.each(["host", "bridge", "container:x"])(
    "does not get the network %s when the agent lists others",
    (network_mode) => {
      expect(faults({ network_mode }, { allowed_modes: { network: ["none"] } })).toContain(
        "allowed_modes.network (none)",
      );
    },
  );

  // Check: globs match the whole mode.
  it("does not get a mode that only contains an allowed one", () => {
    expect(faults({ pid_mode: "host" }, { allowed_modes: { pid: ["container:*"] } })).toContain(mode("pid"));
    expect(faults({ pid_mode: "container:xhost" }, { allowed_modes: { pid: ["host"] } })).toContain(
      mode("pid"),
    );
  });
});

describe("a seccomp profile", () => {
  const read = (file: string) => faults({ security_opt: [`seccomp=${file}`] });

  // Check: planSecurityOpt keeps the parser's words to itself.
  it("that is another file does not show the file in the error", () => {
    expect(read(join(folder, "secret"))).toMatch(/is not JSON$/);
    expect(read(join(folder, "secret"))).not.toContain("root");
  });

  // Check: readText takes plain files of at most 1 MiB.
  it.each(["/dev/zero", "/proc/self/mem", join(folder, "huge"), folder])("%s is not read", (file) => {
    expect(read(file)).toContain("cannot read the seccomp profile");
  });
});

describe("another allocation's network", () => {
  // Check: pinNetworkMode.
  it("is not joined, by name or by id, and the agent's own list can allow it", async () => {
    await using bench = startDriver();
    const victim = await bench.start("sleep 600", { name: "victim" });
    const { container_id = "" } = bench.driver.inspectTask(victim.id).attributes;
    for (const name of [`victim-${victim.allocId}`, container_id, container_id.slice(0, 12)]) {
      const config = { network_mode: `container:${name}` };
      const task = await makeShellTask("sleep 600", { driverConfig: config });
      await expect(bench.startTask(task)).rejects.toThrow(
        "is of another allocation; it needs allowed_modes.network",
      );
    }
    const agentOptions = parseAgentOptions({ allowed_modes: { network: ["container:victim-*"] } });
    await using allowed = startDriver({ agentOptions });
    const config = { network_mode: `container:victim-${victim.allocId}` };
    await allowed.startTask(await makeShellTask("sleep 600", { driverConfig: config }));
  });
});

describe("labels", () => {
  // Check: planLabels puts the driver's own over the task's.
  it("of the driver are not the task's to set", () => {
    const labels = { "com.hashicorp.nomad.alloc_id": "another" };
    const { Labels } = planContainer(sampleTask({ labels }), { agentOptions: parseAgentOptions() }).request;
    expect(Labels?.["com.hashicorp.nomad.alloc_id"]).toBe("a1");
  });
});
