import {
  type CallContext,
  ServerError,
  type ServerMiddleware,
  type ServerMiddlewareCall,
  Status,
} from "nice-grpc";
import { isLongshoreError } from "../task/index.ts";
import { toServerError } from "./convert/status.ts";
import type { DriverSlot } from "./driver-slot.ts";
import type { Presence } from "./presence.ts";

export interface CallGuardOptions {
  readonly presence: Presence;
  readonly slot: Pick<DriverSlot, "closings">;
  readonly stopping: AbortSignal;
}

/** Counts calls as signs of a host, and turns what they throw into what the host expects. */
export function createCallGuard({ presence, slot, stopping }: CallGuardOptions): ServerMiddleware {
  return async function* guard<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ) {
    const leave = presence.enter();
    const { closings } = slot;
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (isCanceled(error) && context.signal.aborted)
        throw new ServerError(Status.CANCELLED, "the call was canceled");
      // A host recovers its tasks when it hears this.
      if (stopping.aborted || (isCanceled(error) && closings !== slot.closings))
        throw new ServerError(Status.UNAVAILABLE, "the docker plugin is going away");
      throw toServerError(error);
    } finally {
      leave();
    }
  };
}

function isCanceled(error: unknown): boolean {
  return isLongshoreError(error, "canceled") || (error instanceof Error && error.name === "AbortError");
}
