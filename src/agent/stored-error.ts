import { type ErrorKind, LongshoreError } from "../task/index.ts";
import type { TaskRecord } from "./run-record.ts";

type StoredError = NonNullable<TaskRecord["error"]>;

const kinds: readonly ErrorKind[] = [
  "invalid",
  "not-found",
  "conflict",
  "unauthorized",
  "unavailable",
  "timeout",
  "canceled",
  "internal",
];

export function toStoredError(error: LongshoreError): StoredError {
  return { kind: error.kind, message: error.message, hint: error.hint ?? null };
}

export function fromStoredError(stored: StoredError): LongshoreError {
  const kind = kinds.find((known) => known === stored.kind) ?? "internal";
  return new LongshoreError(kind, stored.message, { hint: stored.hint ?? undefined });
}
