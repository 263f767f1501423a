import { encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import type { TaskHandle } from "../../task/index.ts";
import { decodeMessagePack } from "../msgpack.ts";
import { TaskConfig, TaskState } from "../proto/generated/nomad/driver.ts";
import { fromTaskHandle, toStoredTask } from "./task-handle.ts";

const config = { ...TaskConfig.decode(new Uint8Array()), id: "alloc/app/1", name: "app" };
const stored = (driverState: Uint8Array) => ({
  version: 1,
  config,
  state: TaskState.RUNNING,
  driverState: Buffer.from(driverState),
});

describe("a task's handle", () => {
  it("is the built-in driver's form, and read back the same", () => {
    const network = { portMap: { http: 80 }, ip: "172.18.0.2", autoAdvertise: true };
    const { handle } = toStoredTask(stored(encode({ ContainerID: "abc" })));
    const container = { image: "redis:7", tty: false, startedAt: "2024-05-06T07:08:09.010Z" };
    const full: TaskHandle = { ...handle, driverState: { containerId: "abc", network, container } };
    const wire = fromTaskHandle(full, config);
    expect(decodeMessagePack(wire.driverState, "it")).toEqual({
      ReattachConfig: null,
      ContainerID: "abc",
      DriverNetwork: { PortMap: { http: 80 }, IP: "172.18.0.2", AutoAdvertise: true },
      Container: { Image: "redis:7", TTY: false, StartedAt: "2024-05-06T07:08:09.010Z" },
    });
    expect(toStoredTask(wire)).toEqual({ handle: full, dockerLogger: undefined });
  });

  it("of the built-in driver tells its docker_logger, whichever way Go has written its texts", () => {
    const reattach = (text: (value: string) => unknown) => ({
      ReattachConfig: {
        Protocol: text("grpc"),
        Network: text("unix"),
        Addr: text("/tmp/plugin1"),
        Pid: 4711,
      },
      ContainerID: "abc",
      DriverNetwork: null,
      SomethingNew: [1, { deep: true }],
    });
    for (const text of [(value: string) => value, (value: string) => Buffer.from(value)]) {
      const { dockerLogger, handle } = toStoredTask(stored(encode(reattach(text))));
      expect(dockerLogger).toEqual({ network: "unix", address: "/tmp/plugin1", pid: 4711 });
      expect(handle.driverState).toEqual({ containerId: "abc", network: undefined });
    }
  });

  it.each([
    ["no bytes", new Uint8Array()],
    ["no MessagePack", Uint8Array.of(0xc1)],
    ["half of one", encode({ ContainerID: "abc" }).subarray(0, 8)],
    ["a list", encode(["abc"])],
    ["no container", encode({ ContainerID: "" })],
    ["a number for the container", encode({ ContainerID: 7 })],
  ])("with %s is refused and names the task", (_what, bytes) => {
    expect(() => toStoredTask(stored(bytes))).toThrow('stored handle of task "app"');
  });

  it("without a task is refused", () => {
    expect(() => toStoredTask(undefined)).toThrow("task without an id");
  });
});
