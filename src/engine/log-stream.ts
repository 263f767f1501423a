import { isLongshoreError } from "../task/index.ts";
import type { EngineClient } from "./client.ts";
import type { LogFrame, LogOptions } from "./engine.ts";
import { readFrames, readRawFrames, readTimedFrames } from "./frames.ts";
import { countKnown, LogCursor } from "./log-cursor.ts";
import { toEngineTime } from "./timestamps.ts";

/** What a stream of logs is read from. */
export interface LogSource {
  readonly id: string;
  readonly what: string;
}

/**
 * A container's output from `sinceNs` (or its start) until it ends. Engines may end a followed stream before its
 * last lines when the container ends under load (seen on 20.10), so it is asked again until nothing new comes.
 * A tty's raw stream has no times to go on from and is asked once.
 */
export async function* readLogs(
  client: EngineClient,
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<LogFrame> {
  if (options.tty) {
    for await (const frame of readRawFrames(await openLogs(client, source, options))) {
      yield { ...frame, timeNs: undefined };
    }
    return;
  }
  const cursor = new LogCursor(options.sinceNs);
  let grown = false;
  for (let pass = 0; pass < 2 || grown; pass++) {
    grown = false;
    const place = cursor.position();
    let known: number | undefined;
    for await (const frame of readTimed(client, source, { ...options, sinceNs: place.sinceNs }, pass === 0)) {
      known ??= countKnown(place, frame.timeNs);
      if (known > 0) {
        known -= 1;
        continue;
      }
      cursor.take(frame.timeNs);
      grown = true;
      yield frame;
    }
  }
}

async function* readTimed(
  client: EngineClient,
  source: LogSource,
  options: LogOptions,
  first: boolean,
): AsyncGenerator<LogFrame> {
  let chunks: AsyncIterable<Uint8Array>;
  try {
    chunks = await openLogs(client, source, options);
  } catch (error) {
    // Removed meanwhile: what was read is all there is.
    if (!first && (isLongshoreError(error, "not-found") || isLongshoreError(error, "conflict"))) return;
    throw error;
  }
  yield* readTimedFrames(readFrames(chunks));
}

async function openLogs(
  client: EngineClient,
  { id, what }: LogSource,
  options: LogOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const answer = await client.send({
    method: "GET",
    path: "/containers/{id}/logs",
    id,
    what,
    query: {
      follow: 1,
      stdout: 1,
      stderr: 1,
      timestamps: options.tty ? undefined : 1,
      since: options.sinceNs === undefined ? undefined : toEngineTime(options.sinceNs),
    },
    stream: true,
    openTimeoutMs: client.callTimeoutMs,
    signal: options.signal,
  });
  return answer.chunks;
}
