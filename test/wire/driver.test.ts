import { randomUUID } from "node:crypto";
import { ClientError, type Metadata, Status } from "nice-grpc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Status as RpcStatus } from "../../src/plugin/proto/generated/grpc/status.ts";
import type {
  ExecTaskStreamingRequest,
  ExecTaskStreamingResponse,
} from "../../src/plugin/proto/generated/nomad/driver.ts";
import { RecoverableError } from "../../src/plugin/proto/generated/nomad/recoverable-error.ts";
import { bed, importImage, removeImage } from "../bed/index.ts";
import { openSession, type Session } from "./session.ts";
import { makeWireTask, type WireTask, type WireTaskOptions } from "./tasks.ts";

const seconds = (count: number) => ({ seconds: count, nanos: 0 });

describe("the driver service", () => {
  const program = bed().plugin;
  let session: Session;
  let infraImage = "";
  beforeAll(async () => {
    const { socket, runId } = bed();
    const reference = { name: "longshore-test/wire-infra", tag: runId };
    infraImage = await importImage(socket, reference, { command: ["sleep", "1000000"] });
    session = await openSession(program, {
      config: { infra_image: infraImage, volumes: { enabled: true }, allow_privileged: null },
    });
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await removeImage(bed().socket, infraImage);
  });

  async function start(script: string, options?: WireTaskOptions): Promise<WireTask & { taskId: string }> {
    const task = await makeWireTask(script, options);
    await session.driver.startTask({ task: task.config });
    session.own(task.config.id);
    return { ...task, taskId: task.config.id };
  }

  it("tells what the docker driver can do", async () => {
    await session.driver.init({});
    const { capabilities } = await session.driver.capabilities({});
    expect(capabilities).toEqual({
      sendSignals: true,
      exec: true,
      fsIsolation: 2,
      networkIsolationModes: [0, 1, 2, 3],
      mustCreateNetwork: true,
      mountConfigs: 0,
      disableLogCollection: false,
      dynamicWorkloadUsers: false,
    });
    const { spec } = await session.driver.taskConfigSchema({});
    expect(spec?.block?.$case).toBe("object");
  });

  it("tells at once that the engine is healthy, and what it is", async () => {
    for await (const print of session.driver.fingerprint({})) {
      expect(print).toMatchObject({ health: 2, healthDescription: "Healthy", err: "" });
      expect(print.attributes.get("driver.docker")?.value).toEqual({ $case: "boolVal", value: true });
      expect(print.attributes.get("driver.docker.volumes.enabled")?.value?.value).toBe(true);
      expect(print.attributes.get("driver.docker.os_type")?.value?.value).toBe("linux");
      break;
    }
  });

  it("starts, shows, signals and stops a task", async () => {
    const { taskId, stdout } = await start("trap 'echo usr1' USR1; echo up; while true; do sleep 0.05; done");
    await stdout.until((text) => text.includes("up"));
    const running = await session.driver.inspectTask({ taskId });
    expect(running.task).toMatchObject({ id: taskId, name: "app", state: 1 });
    expect(running.task?.startedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(running.driver?.attributes.get("container_id")).toMatch(/^[0-9a-f]{64}$/);
    await session.driver.signalTask({ taskId, signal: "SIGUSR1" });
    await stdout.until((text) => text.includes("usr1"));
    await expect(session.driver.signalTask({ taskId, signal: "SIGNOPE" })).rejects.toThrow("SIGNOPE");
    await expect(session.driver.destroyTask({ taskId, force: false })).rejects.toThrow("is running");
    const waits = [session.driver.waitTask({ taskId }), session.driver.waitTask({ taskId })];
    await session.driver.stopTask({ taskId, timeout: seconds(0), signal: "SIGINT" });
    for (const exit of await Promise.all(waits))
      expect(exit.result).toMatchObject({ exitCode: 137, signal: 9 });
    await session.driver.stopTask({ taskId, timeout: seconds(5), signal: "" });
    expect((await session.driver.waitTask({ taskId })).err).toContain("137");
    expect((await session.driver.inspectTask({ taskId })).task).toMatchObject({ state: 2 });
  });

  it("ends a wait that the host cancels, and no other", async () => {
    const { taskId } = await start("sleep 1000");
    const canceling = new AbortController();
    const canceled = session.driver.waitTask({ taskId }, { signal: canceling.signal });
    const waiting = session.driver.waitTask({ taskId });
    canceling.abort();
    await expect(canceled).rejects.toThrow("abort");
    await session.driver.destroyTask({ taskId, force: true });
    expect((await waiting).result?.exitCode).toBe(137);
  });

  it("runs a command to its end, and no longer than it may", async () => {
    const { taskId } = await start("sleep 1000");
    const command = ["sh", "-c", "echo out; echo err >&2; exit 4"];
    const ran = await session.driver.execTask({ taskId, command, timeout: seconds(20) });
    expect([ran.stdout.toString(), ran.stderr.toString(), ran.result?.exitCode]).toEqual([
      "out\n",
      "err\n",
      4,
    ]);
    const slow = session.driver.execTask({ taskId, command: ["sleep", "100"], timeout: seconds(1) });
    await expect(slow).rejects.toThrow(/DEADLINE_EXCEEDED.*"sleep 100" did not end within 1 s/);
  });

  it("streams a command's input, output and exit code", async () => {
    const { taskId } = await start("sleep 1000");
    const messages = await exec(taskId, { command: ["sh", "-c", "cat; echo done >&2; exit 5"], tty: false }, [
      { stdin: { data: Buffer.from("hello "), close: false } },
      {},
      { stdin: { data: Buffer.from("world\n"), close: false } },
      { stdin: { data: Buffer.alloc(0), close: true } },
    ]);
    expect(textOf(messages, "stdout")).toBe("hello world\n");
    expect(textOf(messages, "stderr")).toBe("done\n");
    expect(messages.slice(-3)).toMatchObject([
      { stdout: { close: true } },
      { stderr: { close: true } },
      { exited: true, result: { exitCode: 5 } },
    ]);
  });

  it("gives a command a terminal of the host's size", async () => {
    const { taskId } = await start("sleep 1000");
    const script = "while [ \"$(stty size)\" != '31 99' ]; do sleep 0.02; done; test -t 0 && echo resized";
    const messages = await exec(taskId, { command: ["sh", "-c", script], tty: true }, [
      { ttySize: { height: 31, width: 99 } },
    ]);
    expect(textOf(messages, "stdout")).toContain("resized");
    expect(messages.at(-1)).toMatchObject({ exited: true, result: { exitCode: 0 } });
  });

  it("refuses a command stream that does not begin with the command", async () => {
    const stream = session.driver.execTaskStreaming(
      (async function* () {
        yield { ...noRequest, ttySize: { height: 1, width: 1 } };
      })(),
    );
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(
      "the first message must say what to run",
    );
  });

  it("measures a task until it ends", async () => {
    const { taskId } = await start("while [ ! -e /local/end ]; do :; done");
    const stats = session.driver.taskStats({
      taskId,
      collectionInterval: { seconds: 0, nanos: 100_000_000 },
    });
    let count = 0;
    for await (const { stats: one } of stats) {
      expect(one?.id).toBe(taskId);
      expect(one?.aggResourceUsage?.memory?.usage).toBeGreaterThan(0);
      if ((one?.aggResourceUsage?.cpu?.percent ?? 0) > 0 && count++ === 0)
        await session.driver.execTask({ taskId, command: ["touch", "/local/end"], timeout: seconds(20) });
    }
    expect(count).toBeGreaterThan(0);
  });

  it("makes a group's network, finds it again, and removes it", async () => {
    const allocId = randomUUID();
    const made = await session.driver.createNetwork({ allocId, hostname: "web" });
    try {
      expect(made.created).toBe(true);
      expect(made.isolationSpec).toMatchObject({ mode: 1, path: expect.stringContaining("/netns/") });
      expect(made.isolationSpec?.labels.get("docker_sandbox_container_id")).toMatch(/^[0-9a-f]{64}$/);
      expect(made.isolationSpec?.labels.get("docker_sandbox_hostname")).toBe("web");
      expect((await session.driver.createNetwork({ allocId, hostname: "web" })).created).toBe(false);
    } finally {
      await session.driver.destroyNetwork({ allocId, isolationSpec: undefined });
    }
    await session.driver.destroyNetwork({ allocId, isolationSpec: made.isolationSpec });
  });

  it("knows no task that it was not given", async () => {
    const taskId = "no/such/task";
    const text = "task not found for given id";
    const { driver } = session;
    await expect(driver.waitTask({ taskId })).rejects.toThrow(text);
    await expect(driver.stopTask({ taskId, timeout: undefined, signal: "" })).rejects.toThrow(text);
    await expect(driver.destroyTask({ taskId, force: true })).rejects.toThrow(text);
    await expect(driver.inspectTask({ taskId })).rejects.toThrow(text);
    await expect(driver.signalTask({ taskId, signal: "SIGHUP" })).rejects.toThrow(text);
    await expect(driver.execTask({ taskId, command: ["true"], timeout: seconds(1) })).rejects.toThrow(text);
    await expect(exec(taskId, { command: ["true"], tty: false }, [])).rejects.toThrow(text);
    const stats = driver.taskStats({ taskId, collectionInterval: seconds(1) });
    await expect(stats[Symbol.asyncIterator]().next()).rejects.toThrow(text);
  });

  it("refuses a second start of a task and leaves the first alone", async () => {
    const { taskId, config, stdout } = await start(
      "echo one; while [ ! -e /local/go ]; do sleep 0.02; done; echo two",
    );
    await expect(session.driver.startTask({ task: config })).rejects.toThrow("exists already");
    await session.driver.execTask({ taskId, command: ["touch", "/local/go"], timeout: seconds(20) });
    await session.driver.waitTask({ taskId });
    expect(await stdout.end()).toBe("one\ntwo\n");
  });

  it("says of a failed start whether it may be tried again", async () => {
    const wrong = await makeWireTask("true", {
      driverConfig: { imgae: "x", cap_add: ["sys_admin"] },
      unread: true,
    });
    const refused = await failedStart(session, wrong);
    expect(refused.details).toMatch(/imgae: unknown key; did you mean "image"\?/);
    expect(refused.recoverable).toBe(false);
    await using away = await openSession(program, { config: { endpoint: "unix:///nowhere/docker.sock" } });
    const task = await makeWireTask("true", { unread: true });
    const failed = await failedStart(away, task);
    expect(failed.details).toContain("Cannot reach Docker at unix:///nowhere/docker.sock");
    expect(failed.recoverable).toBe(true);
    for await (const print of away.driver.fingerprint({})) {
      expect(print.health).toBe(0);
      break;
    }
    const warned = away.plugin.log().filter((line) => line["@level"] === "warn");
    expect(warned.map((line) => line["@message"])).toEqual([
      expect.stringMatching(/Cannot reach Docker at unix:\/\/\/nowhere\/docker.sock.*systemctl start docker/),
    ]);
  });

  it("runs a task whose logs are off, and tells its user what the agent does not", async () => {
    const { config } = await makeWireTask("true", { driverConfig: { cpuset_cpus: "0" }, unread: true });
    const quiet = { ...config, stdoutPath: "/dev/null", stderrPath: "/dev/null" };
    await session.driver.startTask({ task: quiet });
    session.own(config.id);
    expect((await session.driver.waitTask({ taskId: config.id })).result?.exitCode).toBe(0);
    const own = session.events.filter(({ taskId }) => taskId === config.id);
    expect(own.map(({ message }) => message)).toEqual([expect.stringContaining("cpuset_cpus")]);
    expect(own[0]).toMatchObject({ taskName: "app", allocId: config.allocId });
  });

  const noRequest: ExecTaskStreamingRequest = { setup: undefined, ttySize: undefined, stdin: undefined };

  async function exec(
    taskId: string,
    setup: { readonly command: string[]; readonly tty: boolean },
    requests: readonly Partial<ExecTaskStreamingRequest>[],
  ): Promise<readonly ExecTaskStreamingResponse[]> {
    const answers: ExecTaskStreamingResponse[] = [];
    const sending = (async function* () {
      yield { ...noRequest, setup: { taskId, ...setup } };
      for (const request of requests) yield { ...noRequest, ...request };
    })();
    for await (const answer of session.driver.execTaskStreaming(sending)) answers.push(answer);
    return answers;
  }

  function textOf(messages: readonly ExecTaskStreamingResponse[], stream: "stdout" | "stderr"): string {
    return Buffer.concat(messages.map((message) => message[stream]?.data ?? Buffer.alloc(0))).toString();
  }

  /** What an agent reads out of a refused start. */
  async function failedStart({ driver }: Session, { config }: WireTask) {
    let detail: Uint8Array | undefined;
    const onTrailer = (trailer: Metadata) => {
      detail = trailer.get("grpc-status-details-bin");
    };
    const error = await driver.startTask({ task: config }, { onTrailer }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ClientError) || detail === undefined)
      throw new Error("the start did not fail as starts do", { cause: error });
    const { code, details: [first] = [] } = RpcStatus.decode(detail);
    expect([error.code, code]).toEqual([Status.FAILED_PRECONDITION, Status.FAILED_PRECONDITION]);
    expect(first?.typeUrl).toMatch(/\/hashicorp\.nomad\.plugins\.shared\.structs\.RecoverableError$/);
    const { recoverable } = RecoverableError.decode(first?.value ?? Buffer.alloc(0));
    return { details: error.details, recoverable };
  }
});
