import { LongshoreError } from "../task/index.ts";

/** What stdin is called in messages. */
export const stdinName = "<stdin>";
/** More than the reader of job files takes: it tells what is wrong. */
const mostBytes = 6 * 1024 * 1024;

/** All of stdin as text. Rejects with `invalid` when it is no UTF-8. */
export async function readStdin(): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) break;
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
