import { type Metadata, ServerError, Status } from "nice-grpc";
import { type ErrorKind, errorMessage, isLongshoreError, type LongshoreError } from "../../task/index.ts";
import { Status as RpcStatus } from "../proto/generated/grpc/status.ts";
import { RecoverableError } from "../proto/generated/nomad/recoverable-error.ts";

const codes: Readonly<Record<ErrorKind, Status>> = {
  invalid: Status.INVALID_ARGUMENT,
  "not-found": Status.NOT_FOUND,
  conflict: Status.ABORTED,
  unauthorized: Status.PERMISSION_DENIED,
  // An agent takes UNAVAILABLE for the end of the plugin; here it is the engine that is away.
  unavailable: Status.INTERNAL,
  timeout: Status.DEADLINE_EXCEEDED,
  // By another call for the same task; CANCELLED is for calls that their host gives up.
  canceled: Status.ABORTED,
  internal: Status.INTERNAL,
};

/** It goes into a header, up to three times as long, and those have limits. */
const longestTextBytes = 4000;

/** What an agent's user is shown: the message, and what to try. */
function toErrorText(error: LongshoreError): string {
  return toSendable(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`);
}

/** Half of a surrogate pair, of spoilt names for instance, cannot be sent. */
function toSendable(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const short = bytes.subarray(0, longestTextBytes).toString("utf8");
  return bytes.byteLength > longestTextBytes ? `${short}…` : short;
}

/** An error for the agent. */
export function toServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return new ServerError(error.code, toSendable(error.details));
  if (isLongshoreError(error)) return new ServerError(codes[error.kind], toErrorText(error));
  return new ServerError(Status.INTERNAL, toSendable(errorMessage(error)));
}

/**
 * An error that tells the agent whether its restart policy may try again. `metadata` are the call's trailers, which
 * take the detail.
 */
export function toRecoverableError(error: unknown, metadata: Metadata): ServerError {
  if (!isLongshoreError(error) || error.kind === "canceled") return toServerError(error);
  const code = Status.FAILED_PRECONDITION;
  const message = toErrorText(error);
  const detail = {
    typeUrl: "type.googleapis.com/hashicorp.nomad.plugins.shared.structs.RecoverableError",
    value: Buffer.from(RecoverableError.encode({ recoverable: error.retryable }).finish()),
  };
  metadata.set("grpc-status-details-bin", RpcStatus.encode({ code, message, details: [detail] }).finish());
  return new ServerError(code, message);
}
