import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Channel, type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { createClient } from "nice-grpc";
import { GRPCBrokerDefinition } from "../../src/plugin/proto/generated/go-plugin/broker.ts";
import { GRPCControllerDefinition } from "../../src/plugin/proto/generated/go-plugin/controller.ts";
import { GRPCStdioDefinition } from "../../src/plugin/proto/generated/go-plugin/stdio.ts";
import { HealthDefinition } from "../../src/plugin/proto/generated/grpc/health.ts";
import { BasePluginDefinition } from "../../src/plugin/proto/generated/nomad/base.ts";
import { DriverDefinition } from "../../src/plugin/proto/generated/nomad/driver.ts";
import { bed } from "../bed/index.ts";

/** What a Nomad agent sets for every plugin. */
export const hostEnv = {
  NOMAD_PLUGIN_MAGIC_COOKIE: "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
  PLUGIN_PROTOCOL_VERSIONS: "2",
  PLUGIN_MIN_PORT: "10000",
  PLUGIN_MAX_PORT: "25000",
};

/** A line of the plugin's log, as go-plugin reads it. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly "@level": string;
  readonly "@message": string;
};

/** A plugin's process as its host sees it. */
export interface PluginProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Fields of the handshake line. */
  readonly handshake: readonly string[];
  /** Everything on stdout so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly log: () => readonly LogLine[];
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the plugin as an agent does and reads its handshake. Rejects, with what it said, when it ends before. */
export async function spawnPlugin(program: string, options: SpawnOptions = {}): Promise<PluginProcess> {
  const env = { ...process.env, DOCKER_HOST: `unix://${bed().socket}`, ...hostEnv, ...options.env };
  const child = spawn(program, [], { env, stdio: ["ignore", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => void out.push(data));
  child.stderr.on("data", (data: Buffer) => void err.push(data));
  const textOf = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    ended.then((code) => Promise.reject(new Error(`the plugin ended with ${code}: ${textOf(err)}`))),
  ]);
  return {
    pid: child.pid ?? 0,
    child,
    handshake: line.split("|"),
    stdout: () => textOf(out),
    stderr: () => textOf(err),
    log: () =>
      textOf(err)
        .split("\n")
        .filter((text) => text !== "")
        .map((text) => JSON.parse(text) as LogLine),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A host's connection to a plugin, with the streams that go-plugin holds open. */
export interface Host extends Disposable {
  readonly channel: Channel;
  readonly base: ReturnType<typeof createBase>;
  readonly driver: ReturnType<typeof createDriver>;
  readonly health: ReturnType<typeof createHealth>;
  readonly controller: ReturnType<typeof createController>;
  /** Aborts when the host goes. */
  readonly gone: AbortSignal;
  /** How many of go-plugin's side streams are open. */
  heldStreams(): number;
}

const createBase = (channel: Channel) => createClient(BasePluginDefinition, channel);
const createDriver = (channel: Channel) => createClient(DriverDefinition, channel);
const createHealth = (channel: Channel) => createClient(HealthDefinition, channel);
const createController = (channel: Channel) => createClient(GRPCControllerDefinition, channel);

/** Connects as go-plugin does. */
export function connect(
  plugin: Pick<PluginProcess, "handshake">,
  channelCredentials: ChannelCredentials = credentials.createInsecure(),
): Host {
  const [, , network, address = ""] = plugin.handshake;
  const target = network === "unix" ? `unix:${address}` : address;
  const channel = new Channel(target, channelCredentials, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.ssl_target_name_override": "localhost",
  });
  const closing = new AbortController();
  const options = { signal: closing.signal };
  let held = 0;
  const hold = async (messages: AsyncIterable<unknown>) => {
    held++;
    try {
      for await (const _ of messages);
    } catch {
      // The end of the plugin ends the stream.
    }
    held--;
  };
  void hold(createClient(GRPCBrokerDefinition, channel).startStream(untilAborted(closing.signal), options));
  void hold(createClient(GRPCStdioDefinition, channel).streamStdio({}, options));
  return {
    channel,
    base: createBase(channel),
    driver: createDriver(channel),
    health: createHealth(channel),
    controller: createController(channel),
    gone: closing.signal,
    heldStreams: () => held,
    [Symbol.dispose]() {
      closing.abort();
      channel.close();
    },
  };
}

async function* untilAborted(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
