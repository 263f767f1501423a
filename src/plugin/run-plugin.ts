import { ServerCredentials } from "@grpc/grpc-js";
import { type CallContext, createServer, ServerError, type ServerMiddlewareCall, Status } from "nice-grpc";
import type { Logger } from "../task/index.ts";
import { createBaseService } from "./base-service.ts";
import { toServerError } from "./convert/status.ts";
import { createDriverService } from "./driver-service.ts";
import { DriverSlot } from "./driver-slot.ts";
import {
  createBrokerService,
  createControllerService,
  createHealthService,
  createStdioService,
} from "./go-plugin-services.ts";
import { type Environment, isStartedByHost, readHostWishes, toHandshakeLine } from "./handshake.ts";
import { createHclogLogger, readLogLevel } from "./hclog.ts";
import { listen } from "./listen.ts";
import { Presence } from "./presence.ts";
import { GRPCBrokerDefinition } from "./proto/generated/go-plugin/broker.ts";
import { GRPCControllerDefinition } from "./proto/generated/go-plugin/controller.ts";
import { GRPCStdioDefinition } from "./proto/generated/go-plugin/stdio.ts";
import { HealthDefinition } from "./proto/generated/grpc/health.ts";
import { BasePluginDefinition } from "./proto/generated/nomad/base.ts";
import { DriverDefinition } from "./proto/generated/nomad/driver.ts";
import { toUsage } from "./usage.ts";
import { within } from "./within.ts";

const messageBytes = 256 * 1024 * 1024;
const aloneMs = 10 * 60_000;
/** A host waits two seconds for the end before it kills. */
const lastAnswersMs = 1000;

/** Serves a Nomad agent until it asks for the end; started by anybody else, says what this is and ends with 1. */
export async function runPlugin(version: string): Promise<void> {
  const { env, stdout, stderr } = process;
  // Both are the agent's, and the plugin outlives it.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  if (!isStartedByHost(env)) {
    stderr.write(toUsage(process.argv[1] ?? "docker"));
    process.exitCode = 1;
    return;
  }
  const logger = createHclogLogger(stderr, readLogLevel(env.NOMAD_LOG_LEVEL));
  try {
    await serve(logger, env, version);
  } catch (error) {
    logger.error("the docker plugin could not start", { error });
    process.exitCode = 1;
  }
}

async function serve(logger: Logger, env: Environment, version: string): Promise<void> {
  const wishes = readHostWishes(env);
  const slot = new DriverSlot(logger, env);
  const stopping = new AbortController();
  const presence = new Presence(aloneMs, () => undefined);
  const server = createServer({
    "grpc.max_receive_message_length": messageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
  }).use((call, context) => guard(call, context, { presence, stopping: stopping.signal }));
  server.add(HealthDefinition, createHealthService(stopping.signal));
  server.add(GRPCBrokerDefinition, createBrokerService(stopping.signal));
  server.add(GRPCStdioDefinition, createStdioService(stopping.signal));
  server.add(
    GRPCControllerDefinition,
    createControllerService(() => void stop()),
  );
  server.add(BasePluginDefinition, createBaseService(slot, { name: "docker", version }));
  server.add(DriverDefinition, createDriverService(slot));
  const listening = await listen(server, wishes, ServerCredentials.createInsecure());
  async function stop() {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await slot[Symbol.asyncDispose]();
    await within(server.shutdown(), lastAnswersMs);
    listening[Symbol.dispose]();
    process.exit(0);
  }
  // Ctrl-C in the agent's terminal is meant for the agent.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => void stop());
  process.stdout.write(toHandshakeLine(listening.address, wishes, undefined));
}

async function* guard<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
  { presence, stopping }: { readonly presence: Presence; readonly stopping: AbortSignal },
): AsyncGenerator<Response, Response | undefined, undefined> {
  const leave = presence.enter();
  try {
    return (yield* call.next(call.request, context)) ?? undefined;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    if (stopping.aborted) throw new ServerError(Status.UNAVAILABLE, "the docker plugin is going away");
    throw toServerError(error);
  } finally {
    leave();
  }
}
