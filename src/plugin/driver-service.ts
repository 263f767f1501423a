import type { CallContext } from "nice-grpc";
import { taskFields } from "../driver/options/task-options.ts";
import { toMilliseconds } from "./convert/duration.ts";
import { fromFingerprint } from "./convert/fingerprint.ts";
import { toRecoverableError } from "./convert/status.ts";
import { fromIsolation, toTaskConfig } from "./convert/task-config.ts";
import { fromDriverNetwork, fromTaskHandle, toStoredTask } from "./convert/task-handle.ts";
import { fromExitResult, fromTaskEvent, fromTaskStats, fromTaskStatus } from "./convert/task-status.ts";
import type { DriverSlot } from "./driver-slot.ts";
import { streamExec } from "./exec-stream.ts";
import { toObjectSpec } from "./hclspec.ts";
import type { TaskOutputs } from "./output/task-outputs.ts";
import {
  type DriverServiceImplementation,
  DriverCapabilities_FSIsolation as FsIsolation,
  DriverCapabilities_MountConfigs as MountConfigs,
  NetworkIsolationSpec_NetworkIsolationMode as NetworkMode,
  StartTaskResponse_Result as StartResult,
} from "./proto/generated/nomad/driver.ts";
import { repeatLast } from "./repeat-last.ts";

/** An agent takes a driver for lost when it hears nothing for longer. */
const fingerprintMs = 30_000;

/** The docker driver as an agent knows drivers. */
export function createDriverService(slot: DriverSlot, outputs: TaskOutputs): DriverServiceImplementation {
  return {
    async init() {
      return {};
    },
    async taskConfigSchema() {
      return { spec: toObjectSpec(taskFields) };
    },
    async capabilities() {
      const { disable_log_collection } = slot.settings.agentOptions;
      return { capabilities: { ...capabilities, disableLogCollection: disable_log_collection } };
    },
    async *fingerprint(_request, { signal }) {
      const driver = await slot.driver();
      for await (const print of repeatLast(driver.fingerprint({ signal }), fingerprintMs, signal))
        yield fromFingerprint(print);
    },
    async startTask({ task }, context) {
      return await withDetail(context, async () => {
        const config = toTaskConfig(task);
        const driver = await slot.driver();
        const output = outputs.open(config, false);
        try {
          const started = await driver.startTask(config, { logs: output?.sink, signal: context.signal });
          return {
            result: StartResult.SUCCESS,
            driverErrorMsg: "",
            handle: task && fromTaskHandle(started.handle, task),
            networkOverride: fromDriverNetwork(started.network),
          };
        } catch (error) {
          outputs.remove(config.id);
          throw error;
        }
      });
    },
    async recoverTask({ handle }, { signal }) {
      const stored = toStoredTask(handle);
      const driver = await slot.driver();
      const { config } = stored.handle;
      if (outputs.has(config.id)) {
        await driver.recoverTask(stored.handle, { signal });
        return {};
      }
      const output = outputs.open(config, true);
      await driver.recoverTask(stored.handle, {
        logs: output?.sink,
        logPosition: output?.position,
        signal,
      });
      return {};
    },
    async waitTask({ taskId }, { signal }) {
      const exit = await (await slot.driver()).waitTask(taskId, { signal });
      return { result: fromExitResult(exit), err: exit.error ?? "" };
    },
    async stopTask({ taskId, timeout, signal: killSignal }, { signal }) {
      const graceMs = toMilliseconds(timeout);
      await (await slot.driver()).stopTask(taskId, { graceMs, killSignal: killSignal || undefined, signal });
      return {};
    },
    async destroyTask({ taskId, force }, { signal }) {
      await (await slot.driver()).destroyTask(taskId, { force, signal });
      outputs.remove(taskId);
      return {};
    },
    async inspectTask({ taskId }) {
      return fromTaskStatus((await slot.driver()).inspectTask(taskId));
    },
    async *taskStats({ taskId, collectionInterval }, context) {
      const { signal } = context;
      const intervalMs = toMilliseconds(collectionInterval);
      try {
        for await (const stats of (await slot.driver()).taskStats(taskId, { intervalMs, signal }))
          yield { stats: fromTaskStats(stats) };
      } catch (error) {
        throw toRecoverableError(error, context.trailer);
      }
    },
    async *taskEvents(_request, { signal }) {
      for await (const event of (await slot.driver()).taskEvents({ signal })) yield fromTaskEvent(event);
    },
    // What the host wants is told by the controller's Shutdown, which follows.
    async shutdown() {
      return {};
    },
    async signalTask({ taskId, signal: name }, { signal }) {
      await (await slot.driver()).signalTask(taskId, name, { signal });
      return {};
    },
    async execTask({ taskId, command, timeout }, { signal }) {
      const timeoutMs = toMilliseconds(timeout);
      const { stdout, stderr, exitCode } = await (await slot.driver()).execTask(taskId, {
        command,
        timeoutMs,
        signal,
      });
      return {
        stdout: Buffer.from(stdout),
        stderr: Buffer.from(stderr),
        result: { exitCode, signal: 0, oomKilled: false },
      };
    },
    async *execTaskStreaming(requests, { signal }) {
      yield* streamExec(await slot.driver(), requests, signal);
    },
    async createNetwork({ allocId, hostname }, { signal }) {
      const driver = await slot.driver();
      const { isolation, created } = await driver.createNetwork(allocId, { hostname, signal });
      return { isolationSpec: fromIsolation(isolation), created };
    },
    async destroyNetwork({ allocId }, { signal }) {
      await (await slot.driver()).destroyNetwork(allocId, { signal });
      return {};
    },
  };
}

const capabilities = {
  sendSignals: true,
  exec: true,
  fsIsolation: FsIsolation.IMAGE,
  networkIsolationModes: [NetworkMode.HOST, NetworkMode.GROUP, NetworkMode.TASK, NetworkMode.NONE],
  mustCreateNetwork: true,
  mountConfigs: MountConfigs.ANY_MOUNTS,
  dynamicWorkloadUsers: false,
};

async function withDetail<T>(context: CallContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toRecoverableError(error, context.trailer);
  }
}
