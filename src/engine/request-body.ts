import type { ClientRequest } from "node:http";
import { errorMessage, LongshoreError } from "../task/index.ts";
import type { Call } from "./call.ts";

/** Sends a call's body, no faster than the engine takes it. Rejects with `invalid` when the body cannot be read. */
export async function sendBody(request: ClientRequest, call: Call): Promise<void> {
  if (call.json !== undefined) {
    const text = Buffer.from(JSON.stringify(call.json));
    request.setHeader("Content-Type", "application/json");
    request.setHeader("Content-Length", text.length);
    request.end(text);
    return;
  }
  for await (const chunk of readBody(call)) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await drained(request);
  }
  request.end();
}

async function* readBody(call: Call): AsyncGenerator<Uint8Array> {
  try {
    yield* call.body ?? [];
  } catch (cause) {
    if (cause instanceof LongshoreError) throw cause;
    const why = errorMessage(cause);
    throw new LongshoreError("invalid", `Cannot ${call.what}: ${why}`, { cause });
  }
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      request.off("drain", done).off("close", done);
      resolve();
    };
    request.on("drain", done).on("close", done);
  });
}
