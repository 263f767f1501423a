import { ServerCredentials } from "@grpc/grpc-js";
import { createServer, type Server } from "nice-grpc";
import { type Logger, parseDurationMs, settlesWithin, untilAborted } from "../task/index.ts";
import { createBaseService } from "./base-service.ts";
import { createCallGuard } from "./call-guard.ts";
import { createDriverService } from "./driver-service.ts";
import { DriverSlot } from "./driver-slot.ts";
import {
  createBrokerService,
  createControllerService,
  createHealthService,
  createStdioService,
} from "./go-plugin-services.ts";
import { type HostWishes, toHandshakeLine } from "./handshake.ts";
import { listen, toSocketDir } from "./listen.ts";
import { Presence } from "./presence.ts";
import { GRPCBrokerDefinition } from "./proto/generated/go-plugin/broker.ts";
import { GRPCControllerDefinition } from "./proto/generated/go-plugin/controller.ts";
import { GRPCStdioDefinition } from "./proto/generated/go-plugin/stdio.ts";
import { HealthDefinition } from "./proto/generated/grpc/health.ts";
import { BasePluginDefinition } from "./proto/generated/nomad/base.ts";
import { DriverDefinition } from "./proto/generated/nomad/driver.ts";
import { removeStaleSockets } from "./stale-sockets.ts";
import type { Environment } from "./started-by-host.ts";

export interface PluginOptions {
  readonly wishes: HostWishes;
  readonly env: Environment;
  readonly logger: Logger;
  readonly version: string;
  /** Ends the plugin in good order; containers go on. */
  readonly signal: AbortSignal;
  /** Given the line that tells the host where to connect. */
  onListening(handshake: string): void;
}

/** gRPC's own default is 4 MiB; a job file may have 1 MB, and its meta is in every task's environment again. */
const messageBytes = 256 * 1024 * 1024;
/** A host waits two seconds for the end before it kills. */
const lastAnswersMs = 1000;
/** How long a plugin without host and without running tasks waits for one. */
const aloneMs = 10 * 60_000;

/** When a process has lived so long it is the one that stays, and its host has the first answers. */
const sweepMs = 1000;

/** Serves a host. Resolves when the host or the signal has asked for the end, and all is closed. */
export async function servePlugin(options: PluginOptions): Promise<void> {
  const { wishes, env, logger } = options;
  const ending = new AbortController();
  const stopping = AbortSignal.any([ending.signal, options.signal]);
  const stop = () => ending.abort();
  await using slot = new DriverSlot(logger, env);
  using presence = new Presence(parseDurationMs(env.LONGSHORE_PLUGIN_ALONE ?? "") ?? aloneMs, () => {
    if (slot.hasRunningTasks) return;
    logger.info("no agent has come back and no task is running: the docker plugin ends");
    stop();
  });
  const server = createServer({
    "grpc.max_receive_message_length": messageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
  }).use(createCallGuard({ presence, slot, stopping }));
  addServices(server, slot, { ...options, stopping, stop });
  const { credentials, certificate } = await createCredentials(wishes.clientCert);
  using listening = await listen(server, wishes, credentials);
  options.onListening(toHandshakeLine(listening.address, wishes, certificate));
  const sweeping = setTimeout(() => void removeStaleSockets(toSocketDir(wishes)), sweepMs);
  await untilAborted(stopping);
  clearTimeout(sweeping);
  await slot[Symbol.asyncDispose]();
  await settlesWithin(server.shutdown(), lastAnswersMs);
  server.forceShutdown();
}

interface ServiceOptions {
  readonly logger: Logger;
  readonly version: string;
  readonly stopping: AbortSignal;
  readonly stop: () => void;
}

function addServices(
  server: Server,
  slot: DriverSlot,
  { logger, version, stopping, stop }: ServiceOptions,
): void {
  server.add(HealthDefinition, createHealthService(stopping));
  server.add(GRPCBrokerDefinition, createBrokerService(stopping));
  server.add(GRPCStdioDefinition, createStdioService(stopping));
  server.add(GRPCControllerDefinition, createControllerService(stop));
  server.add(BasePluginDefinition, createBaseService(slot, { name: "docker", version }));
  server.add(DriverDefinition, createDriverService(slot, logger));
}

/** Mutual TLS when the host shows a certificate: it trusts the one that the handshake tells it, and no other. */
async function createCredentials(clientCert: string | undefined) {
  if (clientCert === undefined) {
    return { credentials: ServerCredentials.createInsecure(), certificate: undefined };
  }
  const { checkClientCertificate, createSelfSigned } = await import("./certificate.ts");
  checkClientCertificate(clientCert);
  const { certificateDer, certificatePem, keyPem } = createSelfSigned();
  const pair = { cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(keyPem) };
  return {
    credentials: ServerCredentials.createSsl(Buffer.from(clientCert), [pair], true),
    certificate: certificateDer,
  };
}
