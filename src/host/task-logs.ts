import { setTimeout as sleep } from "node:timers/promises";
import { type LogChunk, type LogPosition, type LogSink, LongshoreError } from "../task/index.ts";
import { createLogFiles, type LogFiles, type LogFilesOptions } from "./log-files.ts";
import type { LogNoteFile } from "./log-note.ts";

export interface TaskLogsOptions extends LogFilesOptions {
  /** Where to note how far the output is kept. */
  readonly noteFile: LogNoteFile;
  /** Called for each chunk; the driver reads on when it resolves. */
  onOutput?(chunk: LogChunk): Promise<void> | void;
}

/** The output of one task over all of its containers, in rotated files. */
export interface TaskLogs extends AsyncDisposable {
  /** A sink for a new container. */
  open(): Promise<TaskLogSink>;
  /** A sink for a container whose output was read before, and where to go on. */
  resume(): Promise<TaskLogSink & { readonly position: LogPosition | undefined }>;
}

export interface TaskLogSink {
  readonly sink: LogSink;
  /** Resolves when the output has ended. */
  readonly ended: Promise<void>;
}

type Counts = Record<LogChunk["stream"], number>;

/** How far the output is kept once a chunk is written. */
interface Mark {
  readonly position: LogPosition | undefined;
  /** What the files hold beyond it. */
  readonly ahead?: Readonly<Counts>;
}

/** Keeps a task's output, once also when its keeper was killed between writing and noting. */
export function createTaskLogs(options: TaskLogsOptions): TaskLogs {
  const files = createLogFiles(options);
  const writer = new BatchWriter(files, options.noteFile);
  let closed = false;

  function createSink(skip: Counts): TaskLogSink {
    let markEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });
    const sink: LogSink = {
      write(chunk, position) {
        // Once closed, the files may be another process's already.
        if (closed) throw new LongshoreError("canceled", `the logs of task "${options.task}" are closed`);
        const kept = writer.add(cutKnown(chunk, skip), { position, ahead: { ...skip } });
        const shown = options.onOutput?.(chunk);
        return kept === undefined || shown === undefined ? (kept ?? shown) : bothDone(kept, shown);
      },
      async end() {
        await writer.written();
        markEnded();
      },
    };
    return { sink, ended };
  }

  return {
    async open() {
      await writer.written();
      // What an earlier container wrote stays: this one's output begins behind it.
      await files.open();
      await writer.note({ position: undefined });
      return createSink({ stdout: 0, stderr: 0 });
    },
    async resume() {
      const noted = await options.noteFile.read();
      // What was written after the last note is what comes again first.
      const { stdout, stderr } = await files.countAfter(noted?.places ?? {});
      const skip = {
        stdout: stdout + (noted?.ahead?.stdout ?? 0),
        stderr: stderr + (noted?.ahead?.stderr ?? 0),
      };
      await files.open();
      return { ...createSink(skip), position: noted?.position ?? undefined };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await writer.written();
      await Promise.all([files.close(), options.noteFile.close()]);
    },
  };
}

const mostWaitingBytes = 256 * 1024;
/** So long after a write the next one begins: a task that writes much costs few calls, and nobody sees the difference. */
const gatherMs = 5;

/** Writes chunks in order; those that come while some are being written, or soon after, go together into the next write. */
class BatchWriter {
  readonly #files: LogFiles;
  readonly #noteFile: LogNoteFile;
  #waiting: LogChunk[] = [];
  #waitingBytes = 0;
  #mark: Mark = { position: undefined };
  #writing: Promise<void> | undefined;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #gathering: AbortController | undefined;

  constructor(files: LogFiles, noteFile: LogNoteFile) {
    this.#files = files;
    this.#noteFile = noteFile;
  }

  /** Answers what to wait for before more is added, when much is waiting. */
  add(chunk: LogChunk, mark: Mark): Promise<void> | undefined {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.data.byteLength;
    this.#mark = mark;
    this.#writing ??= this.#writeAll();
    if (this.#waitingBytes < mostWaitingBytes) return undefined;
    this.#gathering?.abort();
    return this.#writing;
  }

  /** Resolves when all that was added is written. */
  async written(): Promise<void> {
    this.#gathering?.abort();
    await this.#writing;
  }

  async note({ position, ahead }: Mark): Promise<void> {
    const note = { position: position ?? null, places: this.#files.places(), ahead };
    // The disk may be full: then a later reader keeps some output twice, and loses none.
    await this.#noteFile.write(note).catch(() => undefined);
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const restMs = this.#writtenMs + gatherMs - performance.now();
      if (restMs > 0 && this.#waitingBytes < mostWaitingBytes) await this.#gather(restMs);
      const [batch, mark] = [this.#waiting, this.#mark];
      this.#waiting = [];
      this.#waitingBytes = 0;
      for (const stream of ["stdout", "stderr"] as const) {
        const parts = batch.filter((chunk) => chunk.stream === stream).map(({ data }) => data);
        const [first, ...more] = parts;
        if (first !== undefined)
          await this.#files.write(stream, more.length === 0 ? first : Buffer.concat(parts));
      }
      await this.note(mark);
      this.#writtenMs = performance.now();
    }
    this.#writing = undefined;
  }

  async #gather(ms: number): Promise<void> {
    this.#gathering = new AbortController();
    await sleep(ms, undefined, { signal: this.#gathering.signal }).catch(() => undefined);
    this.#gathering = undefined;
  }
}

/** The part of a chunk that is not in the files yet; `skip` counts down what is. */
function cutKnown(chunk: LogChunk, skip: Counts): LogChunk {
  const { stream, data } = chunk;
  const known = Math.min(skip[stream], data.byteLength);
  skip[stream] -= known;
  return known === 0 ? chunk : { ...chunk, data: data.subarray(known) };
}

async function bothDone(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}
