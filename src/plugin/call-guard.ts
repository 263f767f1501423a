import {
  type CallContext,
  ServerError,
  type ServerMiddleware,
  type ServerMiddlewareCall,
  Status,
} from "nice-grpc";
import { isLongshoreError } from "../task/index.ts";
import { toServerError } from "./convert/status.ts";
import type { Presence } from "./presence.ts";

/** Counts calls as signs of a host, and turns what they throw into what the host expects. */
export function createCallGuard(presence: Presence, stopping: AbortSignal): ServerMiddleware {
  return async function* guard<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    const leave = presence.enter();
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      throw toAnswer(error, { stopping, canceled: context.signal });
    } finally {
      leave();
    }
  };
}

/** Of a driver that is closed under a call, the host learns that the plugin is gone: it recovers its tasks then. */
function toAnswer(
  error: unknown,
  { stopping, canceled }: { readonly stopping: AbortSignal; readonly canceled: AbortSignal },
): unknown {
  const isCanceled =
    isLongshoreError(error, "canceled") || (error instanceof Error && error.name === "AbortError");
  if (isCanceled && canceled.aborted) return new ServerError(Status.CANCELLED, "the call was canceled");
  if (isCanceled || stopping.aborted) {
    return new ServerError(Status.UNAVAILABLE, "the docker plugin is going away");
  }
  return toServerError(error);
}
