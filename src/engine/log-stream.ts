import { isLongshoreError } from "../task/index.ts";
import type { EngineClient } from "./client.ts";
import type { LogFileOptions, LogFrame, LogOptions } from "./engine.ts";
import { readFrames, readTimedFrames, type TimedFrame } from "./frames.ts";
import { readLogFiles } from "./log-files.ts";
import { FollowedOrder } from "./log-order.ts";
import { FollowedPace } from "./log-pace.ts";
import { KnownFrames, type LogPlace, nextPlace } from "./log-place.ts";
import { readTtyFrames } from "./tty-frames.ts";

/** What a stream of logs is read from. */
export interface LogSource {
  readonly id: string;
  readonly what: string;
}

interface LogRequest {
  readonly follow: boolean;
  /** Only so many of the last frames; all when missing. */
  readonly tail?: number | undefined;
}

interface Reading {
  /** Whether the place to go on from was in it; if not, nothing was yielded. */
  readonly found: boolean;
  readonly frames: number;
  readonly newFrames: number;
}

const nothing: Reading = { found: true, frames: 0, newFrames: 0 };
/** How many of the last frames are asked for at first to find a place; then ever more. */
const firstTail = 256;
const tailFactor = 16;
/** More than a container writes between two requests. */
const followTail = 1024;
/** So often in a row the engine is asked for what its files do not tell; then for all that comes. */
const maxLosses = 3;

/**
 * A container's output from a place (or its start) until it ends, if it is followed. Engines may end a followed stream before its last
 * lines when the container ends under load (seen on 20.10), so they are asked for again until nothing new comes.
 */
export async function* readLogs(
  client: EngineClient,
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<readonly LogFrame[]> {
  const log = new ContainerLog(client, source, options);
  if (options.file !== undefined && (yield* log.readFiles(options.file))) return;
  if (options.from !== undefined) yield* log.catchUp();
  while (options.follow !== false && !(yield* log.follow())) yield* log.catchUp();
  while (yield* log.catchUp());
}

/**
 * One container's log. It is looked through from its end for the frame where reading goes on: the engine's own
 * `since` would leave out what was written after the clock was set back, and reads all files from their beginning.
 */
class ContainerLog {
  readonly #client: EngineClient;
  readonly #source: LogSource;
  readonly #options: LogOptions;
  #place: LogPlace | undefined;
  #opened = false;

  constructor(client: EngineClient, source: LogSource, options: LogOptions) {
    this.#client = client;
    this.#source = source;
    this.#options = options;
    this.#place = options.from;
  }

  /** Reads the engine's own files, as far as they tell what comes next; answers whether that was to the end. */
  async *readFiles(file: LogFileOptions): AsyncGenerator<readonly LogFrame[], boolean> {
    const { signal } = this.#options;
    for (let losses = 0; losses < maxLosses; losses++) {
      const known = new KnownFrames(this.#place);
      const take = (frames: readonly TimedFrame[]) => {
        const news = frames.filter(({ timeNs }) => !known.has(timeNs)).map((frame) => this.#toPlaced(frame));
        if (news.length > 0) losses = 0;
        return news;
      };
      const fromNs = this.#place?.timeNs;
      try {
        if ((yield* readLogFiles({ ...this.#options, file, fromNs, take })) === "ended") return true;
      } catch {
        signal?.throwIfAborted();
        return false;
      }
      yield* this.catchUp();
    }
    return false;
  }

  /** What comes from now on, until the stream ends. False when it left something out, or may come twice. */
  async *follow(): AsyncGenerator<readonly LogFrame[], boolean> {
    const tail = this.#place && followTail + 2 * this.#place.frames;
    return (yield* this.#read({ follow: true, tail })).found;
  }

  /** What is there already; answers whether anything was. */
  async *catchUp(): AsyncGenerator<readonly LogFrame[], boolean> {
    if (this.#place !== undefined) {
      const { timeNs, frames } = this.#place;
      for (let tail = firstTail + 2 * frames; ; tail *= tailFactor) {
        const reading = yield* this.#read({ follow: false, tail });
        if (reading.found) return reading.newFrames > 0;
        if (reading.frames < tail) break;
      }
      const { found, newFrames } = yield* this.#read({ follow: false });
      if (found) return newFrames > 0;
      return yield* this.#readLeft(timeNs);
    }
    return (yield* this.#read({ follow: false })).newFrames > 0;
  }

  /** What is left of a log whose place is gone, and that what was between is lost; answers whether anything is. */
  async *#readLeft(fromNs: bigint): AsyncGenerator<readonly LogFrame[], boolean> {
    this.#place = undefined;
    let isTold = false;
    for await (const frames of this.#read({ follow: false })) {
      const left = isTold ? frames : fromNewer(frames, fromNs);
      if (left.length === 0) continue;
      // Only now, since the engine may have thrown more away after the place was looked for.
      if (!isTold) this.#options.onGap?.({ fromNs, toNs: left[0]?.timeNs });
      isTold = true;
      yield left;
    }
    if (!isTold) this.#options.onGap?.({ fromNs, toNs: undefined });
    return isTold;
  }

  async *#read(request: LogRequest): AsyncGenerator<readonly LogFrame[], Reading> {
    const known = new KnownFrames(this.#place);
    const order = request.follow ? new FollowedOrder() : undefined;
    const pace = request.follow ? new FollowedPace() : undefined;
    const reading = { frames: 0, newFrames: 0 };
    const batches = await this.#open(request);
    if (batches === undefined) return nothing;
    for await (const batch of batches) {
      this.#options.onProgress?.();
      if (pace?.isBehind(batch)) return { ...reading, found: false };
      const news: LogFrame[] = [];
      let isBroken = false;
      for (const frame of batch) {
        const { timeNs } = frame;
        reading.frames++;
        if (known.has(timeNs)) {
          if (isCutOff(request, reading, known)) return { ...reading, found: false };
        } else {
          isBroken = order?.goesBack(frame) ?? false;
          if (isBroken) break;
          news.push(this.#toPlaced(frame));
        }
        order?.note(frame);
      }
      reading.newFrames += news.length;
      if (news.length > 0) yield news;
      if (isBroken) return { ...reading, found: false };
    }
    return { ...reading, found: known.found };
  }

  #toPlaced({ stream, data, timeNs }: TimedFrame): LogFrame {
    this.#place = nextPlace(this.#place, timeNs);
    return { stream, data, timeNs, place: this.#place };
  }

  /** Undefined when the container was removed since the first request: what was read is all there is. */
  async #open(request: LogRequest): Promise<AsyncIterable<readonly TimedFrame[]> | undefined> {
    const { tty } = this.#options;
    try {
      const chunks = await this.#send(request);
      this.#opened = true;
      return tty ? readTtyFrames(chunks) : readTimedFrames(readFrames(chunks));
    } catch (error) {
      const isGone = isLongshoreError(error, "not-found") || isLongshoreError(error, "conflict");
      if (this.#opened && isGone) return undefined;
      throw error;
    }
  }

  async #send({ follow, tail }: LogRequest): Promise<AsyncIterable<Uint8Array>> {
    const { id, what } = this.#source;
    const answer = await this.#client.send({
      method: "GET",
      path: "/containers/{id}/logs",
      id,
      what,
      query: { follow: follow ? 1 : undefined, stdout: 1, stderr: 1, timestamps: 1, tail },
      stream: true,
      openTimeoutMs: this.#client.callTimeoutMs,
      signal: this.#options.signal,
    });
    return answer.chunks;
  }
}

/** Whether the last frames that were asked for begin after the place, or among frames of its very time. */
function isCutOff({ follow, tail }: LogRequest, { frames }: { readonly frames: number }, known: KnownFrames) {
  if (tail === undefined) return false;
  return known.found ? !follow && frames === 1 : frames >= tail;
}

/** Those from the first on that is newer: where someone has emptied the newest file, older ones are known. */
function fromNewer(frames: readonly LogFrame[], thanNs: bigint): readonly LogFrame[] {
  const first = frames.findIndex(({ timeNs }) => timeNs === undefined || timeNs > thanNs);
  return first < 0 ? [] : frames.slice(first);
}
