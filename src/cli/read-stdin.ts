import { addAbortSignal } from "node:stream";
import { LongshoreError } from "../task/index.ts";

/** What stdin is called in messages. */
export const stdinName = "<stdin>";
/** More than the reader of job files takes: it tells what is wrong. */
const mostBytes = 6 * 1024 * 1024;

/** All of stdin as text. Rejects with `invalid` when it is no UTF-8, with `canceled` when the signal aborts. */
export async function readStdin(signal?: AbortSignal): Promise<string> {
  const { stdin } = process;
  if (signal !== undefined) addAbortSignal(signal, stdin);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stdin) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > mostBytes) break;
    }
  } catch (cause) {
    if (signal?.aborted) throw new LongshoreError("canceled", "reading stdin was canceled", { cause });
    throw cause;
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LongshoreError("invalid", `${stdinName} is no text in UTF-8`, {
      cause,
      hint: "Pipe a job file into it.",
    });
  }
}
