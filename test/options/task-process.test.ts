import { describe, expect, it } from "vitest";
import { MemorySink, makeShellTask, startDriver } from "../driver/driver-bed.ts";
import { look } from "./look.ts";

const mebibyte = 1024 * 1024;

describe("the task's process", () => {
  const seen = look({
    config: {
      init: true,
      work_dir: "/tmp",
      ulimit: { nofile: "200:300" },
      group_add: ["77"],
      cap_add: ["net_bind_service"],
      cap_drop: ["all"],
      security_opt: ["no-new-privileges", "seccomp=unconfined"],
      readonly_rootfs: true,
      shm_size: 2 * mebibyte,
      sysctl: { "net.core.somaxconn": "99" },
      devices: [{ host_path: "/dev/kmsg", container_path: "/dev/mine", cgroup_permissions: "r" }],
      labels: [{ team: "x" }],
      interactive: true,
      oom_score_adj: 123,
      pids_limit: 50,
    },
    see: {
      init: "cat /proc/1/comm",
      cwd: "pwd",
      soft: "ulimit -n",
      hard: "ulimit -Hn",
      groups: "id -G",
      status: "cat /proc/self/status",
      write: "touch /x",
      shm: "df -k /dev/shm | tail -1",
      somaxconn: "cat /proc/sys/net/core/somaxconn",
      device: "stat -c '%F %t:%T' /dev/mine",
      write_device: "echo > /dev/mine",
      stdin: "readlink /proc/1/fd/0",
      oom: "cat /proc/self/oom_score_adj",
    },
  });

  it("`init`: the engine's init is process 1", () => {
    expect(seen().inside("init")).toMatch(/init/);
  });

  it("`work_dir`: it starts there", () => {
    expect(seen().inside("cwd")).toBe("/tmp");
  });

  it("`ulimit`: the soft and the hard limit hold", () => {
    expect([seen().inside("soft"), seen().inside("hard")]).toEqual(["200", "300"]);
  });

  it("`group_add`: it is in the group", () => {
    expect(seen().inside("groups").split(" ")).toContain("77");
  });

  it("`cap_drop`, `cap_add`: of all that were taken away one is back", () => {
    expect(seen().inside("status")).toMatch(/CapBnd:\s+0000000000000400\n/);
  });

  it("`security_opt`: it can win no privileges, and no calls are filtered", () => {
    expect(seen().inside("status")).toMatch(/NoNewPrivs:\s+1\n/);
    expect(seen().inside("status")).toMatch(/Seccomp:\s+0\n/);
  });

  it("`readonly_rootfs`: the root cannot be written to", () => {
    expect(seen().inside("write")).toContain("Read-only file system");
  });

  it("`shm_size`: /dev/shm has that size", () => {
    expect(seen().inside("shm")).toMatch(/\s2048\s/);
  });

  it("`sysctl`: the kernel has the value", () => {
    expect(seen().inside("somaxconn")).toBe("99");
  });

  it("`devices.host_path`, `devices.container_path`: the host's device is there", () => {
    expect(seen().inside("device")).toBe("character special file 1:b");
  });

  it("`devices.cgroup_permissions`: it may be read and not written", () => {
    expect(seen().inside("write_device")).toContain("Operation not permitted");
  });

  it("`labels`: the container has them", () => {
    expect(seen().inspected.Config.Labels).toMatchObject({ team: "x" });
  });

  it("`interactive`: stdin is a pipe that stays open", () => {
    expect(seen().inside("stdin")).toMatch(/^pipe:/);
  });

  it("`oom_score_adj`: the kernel has the value", () => {
    expect(seen().inside("oom")).toBe("123");
  });
});

describe("the task's command", () => {
  const seen = look({
    config: { tty: true, entrypoint: ["env", "FROM=entry"] },
    see: {
      tty: "tty",
      from: "echo $FROM",
      line: "tr '\\0' ' ' < /proc/$PPID/cmdline; echo; tr '\\0' ' ' < /proc/1/cmdline",
    },
  });

  it("`tty`: it has a terminal", () => {
    expect(seen().inside("tty")).toMatch(/^\/dev\/(pts\/|console)/);
  });

  it("`entrypoint`: it is run by the entrypoint", () => {
    expect(seen().inside("from")).toBe("entry");
  });

  it("`command`, `args`: they are process 1", () => {
    expect(seen().inside("line")).toContain("sh -c echo");
  });
});

describe("the end of a task", () => {
  it("`stop_signal`: ends the task where the host names none", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const script = "trap 'echo got USR1; exit 3' USR1; echo ready; while :; do sleep 1000 & wait; done";
    const task = await makeShellTask(script, { driverConfig: { stop_signal: "usr1" } });
    await bench.startTask(task, { logs: sink });
    await sink.until((text) => text.includes("ready"));
    await bench.driver.stopTask(task.id, { graceMs: 20_000 });
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 3 });
    expect(sink.text()).toContain("got USR1");
  });
});
