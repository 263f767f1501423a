import { LongshoreError } from "../task/index.ts";

const lineFeed = 0x0a;
/** Far above any message of the engine; keeps a broken peer from filling the memory. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * Cuts a stream of bytes into its lines, without empty ones. Bytes are cut before they are decoded,
 * so a character split between chunks stays whole. Rejects with `internal` when a line exceeds 16 MiB.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const line = decode([...rest, chunk.subarray(start, end)]);
      rest = [];
      restBytes = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > maxLineBytes) {
        throw new LongshoreError("internal", "The engine sent a line of more than 16 MiB");
      }
    }
  }
  const last = decode(rest);
  if (last !== "") yield last;
}

function decode(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString("utf8").trim();
}

/** Parses one line of the engine's JSON; `unavailable` when it is cut off or no JSON at all. */
export function parseJsonLine(what: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const shown = line.length > 80 ? `${line.slice(0, 80)}...` : line;
    throw new LongshoreError("unavailable", `Cannot ${what}: the engine's answer is broken: ${shown}`, {
      cause,
    });
  }
}
