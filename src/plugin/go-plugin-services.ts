import { ServerError, Status } from "nice-grpc";
import { untilAborted } from "../task/index.ts";
import type { GRPCBrokerServiceImplementation } from "./proto/generated/go-plugin/broker.ts";
import type { GRPCControllerServiceImplementation } from "./proto/generated/go-plugin/controller.ts";
import type { GRPCStdioServiceImplementation } from "./proto/generated/go-plugin/stdio.ts";
import {
  HealthCheckResponse_ServingStatus,
  type HealthServiceImplementation,
} from "./proto/generated/grpc/health.ts";

const serving = { status: HealthCheckResponse_ServingStatus.SERVING };
const services: ReadonlySet<string> = new Set(["", "plugin"]);

/** gRPC's health checks; go-plugin asks for the service `plugin`. */
export function createHealthService(stopping: AbortSignal): HealthServiceImplementation {
  const check = (service: string) => {
    if (!services.has(service)) throw new ServerError(Status.NOT_FOUND, `there is no service "${service}"`);
    return serving;
  };
  return {
    async check({ service }) {
      return check(service);
    },
    async *watch({ service }, { signal }) {
      yield check(service);
      await untilAborted(AbortSignal.any([signal, stopping]));
    },
  };
}

/** Side channels between host and plugin; this plugin offers none, and hosts hold the stream all the same. */
export function createBrokerService(stopping: AbortSignal): GRPCBrokerServiceImplementation {
  return {
    // biome-ignore lint/correctness/useYield: nothing is ever sent
    async *startStream(_request, { signal }) {
      await untilAborted(AbortSignal.any([signal, stopping]));
    },
  };
}

/** What the plugin prints; it prints nothing. */
export function createStdioService(stopping: AbortSignal): GRPCStdioServiceImplementation {
  return {
    // biome-ignore lint/correctness/useYield: nothing is ever sent
    async *streamStdio(_request, { signal }) {
      await untilAborted(AbortSignal.any([signal, stopping]));
    },
  };
}

/** Ends the process for its host. `stop` must let the calls that are under way end. */
export function createControllerService(stop: () => void): GRPCControllerServiceImplementation {
  return {
    async shutdown() {
      stop();
      return {};
    },
  };
}
