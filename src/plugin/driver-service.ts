import { taskFields } from "../driver/options/task-options.ts";
import type { Fingerprint, Logger } from "../task/index.ts";
import { toMilliseconds } from "./convert/duration.ts";
import { fromFingerprint } from "./convert/fingerprint.ts";
import { toRecoverableError, toServerError } from "./convert/status.ts";
import { fromIsolation, toTaskConfig } from "./convert/task-config.ts";
import { fromDriverNetwork, fromTaskHandle, toStoredTask } from "./convert/task-handle.ts";
import { fromExitResult, fromTaskEvent, fromTaskStats, fromTaskStatus } from "./convert/task-status.ts";
import type { DriverSlot } from "./driver-slot.ts";
import { streamExec } from "./exec-stream.ts";
import { toObjectSpec } from "./hclspec.ts";
import { HealthLog } from "./health-log.ts";
import {
  type DriverServiceImplementation,
  DriverCapabilities_FSIsolation as FsIsolation,
  DriverCapabilities_MountConfigs as MountConfigs,
  NetworkIsolationSpec_NetworkIsolationMode as NetworkMode,
  StartTaskResponse_Result as StartResult,
} from "./proto/generated/nomad/driver.ts";
import { repeatLast } from "./repeat-last.ts";
import { tryToOpen } from "./try-to-open.ts";
import { UserEvents } from "./user-events.ts";

/** An agent takes a driver for lost when it hears nothing for longer. */
const fingerprintMs = 30_000;
/** An agent that starts waits for the first one; an engine that hangs must not hold it up. */
const firstFingerprintMs = 5000;
const shortestStatsMs = 100;
const noAnswer: Fingerprint = {
  health: "undetected",
  description: "The Docker engine has not answered yet; `docker info` shows whether it answers at all",
  attributes: {},
};

/** The docker driver as an agent knows drivers. The logger gets what an operator must do about the engine. */
export function createDriverService(slot: DriverSlot, logger: Logger): DriverServiceImplementation {
  const driver = async () => (await slot.hosted()).driver;
  return {
    async init() {
      return {};
    },
    async taskConfigSchema() {
      return { spec: toObjectSpec(taskFields) };
    },
    async capabilities() {
      const { disable_log_collection, logs } = slot.settings.agentOptions;
      return {
        capabilities: { ...capabilities, disableLogCollection: disable_log_collection || logs.direct },
      };
    },
    async *fingerprint(_request, { signal }) {
      const prints = readFingerprints(slot, signal);
      const times = { firstMs: firstFingerprintMs, first: noAnswer, everyMs: fingerprintMs };
      const log = new HealthLog(logger);
      for await (const print of repeatLast(prints, times, signal)) {
        log.note(print);
        yield fromFingerprint(print);
      }
    },
    async startTask({ task }, context) {
      try {
        const config = toTaskConfig(task);
        const started = await (await slot.hosted()).startTask(config, context.signal);
        return {
          result: StartResult.SUCCESS,
          driverErrorMsg: "",
          handle: task && fromTaskHandle(started.handle, task),
          networkOverride: fromDriverNetwork(started.network),
        };
      } catch (error) {
        throw toRecoverableError(error, context.trailer);
      }
    },
    async recoverTask({ handle }, { signal }) {
      await (await slot.hosted()).recoverTask(toStoredTask(handle), signal);
      return {};
    },
    async waitTask({ taskId }, { signal }) {
      const exit = await (await driver()).waitTask(taskId, { signal });
      return { result: fromExitResult(exit), err: exit.error ?? "" };
    },
    async stopTask({ taskId, timeout, signal: killSignal }, { signal }) {
      const graceMs = toMilliseconds(timeout);
      await (await driver()).stopTask(taskId, { graceMs, killSignal: killSignal || undefined, signal });
      return {};
    },
    async destroyTask({ taskId, force }, { signal }) {
      await (await slot.hosted()).destroyTask(taskId, force, signal);
      return {};
    },
    async inspectTask({ taskId }) {
      return fromTaskStatus((await driver()).inspectTask(taskId));
    },
    async *taskStats({ taskId, collectionInterval }, context) {
      const { signal } = context;
      const intervalMs = Math.max(shortestStatsMs, toMilliseconds(collectionInterval));
      try {
        for await (const stats of (await driver()).taskStats(taskId, { intervalMs, signal }))
          yield { stats: fromTaskStats(stats) };
      } catch (error) {
        throw toRecoverableError(error, context.trailer);
      }
    },
    async *taskEvents(_request, { signal }) {
      const shown = new UserEvents();
      for await (const attempt of tryToOpen(slot, signal)) {
        if (attempt.driver === undefined) continue;
        for await (const event of attempt.driver.taskEvents({ signal }))
          if (shown.isShown(event)) yield fromTaskEvent(event);
      }
    },
    // What the host wants is told by the controller's Shutdown, which follows.
    async shutdown() {
      return {};
    },
    async signalTask({ taskId, signal: name }, { signal }) {
      await (await driver()).signalTask(taskId, name, { signal });
      return {};
    },
    async execTask({ taskId, command, timeout }, { signal }) {
      const timeoutMs = toMilliseconds(timeout);
      const { stdout, stderr, exitCode } = await (await driver()).execTask(taskId, {
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
      yield* streamExec(await driver(), requests, signal);
    },
    async createNetwork({ allocId, hostname }, { signal }) {
      const options = { hostname: hostname || undefined, signal };
      const { isolation, created } = await (await driver()).createNetwork(allocId, options);
      return { isolationSpec: fromIsolation(isolation), created };
    },
    async destroyNetwork({ allocId }, { signal }) {
      await (await driver()).destroyNetwork(allocId, { signal });
      return {};
    },
  };
}

async function* readFingerprints(slot: DriverSlot, signal: AbortSignal): AsyncGenerator<Fingerprint> {
  for await (const attempt of tryToOpen(slot, signal)) {
    if (attempt.driver !== undefined) yield* attempt.driver.fingerprint({ signal });
    else yield { ...noAnswer, description: toServerError(attempt.error).details };
  }
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
