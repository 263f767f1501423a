import type { LogChunk, LogPosition, LogSink, TaskConfig } from "../../task/index.ts";
import { atomicBytes, FifoWriter, NoReaderError } from "./fifo-writer.ts";
import { createMergedSink } from "./merged-sink.ts";
import { nothingNoted, PositionNote, toNotePath } from "./position-note.ts";

type Stream = LogChunk["stream"];

/** Where a task's output goes. */
export interface TaskOutput {
  readonly sink: LogSink;
  /** Where to go on in the engine's log. */
  readonly position: LogPosition | undefined;
  /** The open ends of FIFOs that another process reads. */
  readonly fds?: readonly number[];
  /** Takes nothing more; what was noted stays for a later process. */
  close(): void;
  /** Forgets the task. */
  remove(): void;
}

export interface FifoOutputOptions {
  /** Takes the output as long as nobody reads the FIFOs. */
  createStandIn(): Promise<TaskOutput>;
  /** Something about the output that an operator should know. */
  onNote(message: string): void;
}

/**
 * Hands a task's output to the FIFOs that the agent's log collector reads. The collector ends at the end of its input,
 * which a killed plugin is too, and agents start it again only with themselves; until then a stand-in has the output.
 */
export function createFifoOutput(task: TaskConfig, options: FifoOutputOptions): TaskOutput {
  return new FifoOutput(task, options);
}

class FifoOutput implements TaskOutput {
  readonly sink: LogSink = createMergedSink(
    {
      write: (chunk, position) => this.#write(chunk, position ?? toTimePosition()),
      end: () => this.#end(),
    },
    atomicBytes,
  );
  readonly position = undefined;
  readonly #options: FifoOutputOptions;
  readonly #closing = new AbortController();
  readonly #fifos: Readonly<Record<Stream, FifoWriter>>;
  readonly #note: PositionNote;
  #done = nothingNoted;
  #standIn: TaskOutput | undefined;
  /** The streams that the stand-in has. */
  readonly #unread = new Set<Stream>();

  constructor(task: TaskConfig, options: FifoOutputOptions) {
    this.#options = options;
    const { signal } = this.#closing;
    this.#fifos = {
      stdout: new FifoWriter(task.stdoutPath, signal),
      stderr: new FifoWriter(task.stderrPath, signal),
    };
    this.#note = new PositionNote(toNotePath(task));
    this.#note.write(nothingNoted);
    this.#fifos.stdout.open();
    this.#fifos.stderr.open();
  }

  get fds(): readonly number[] {
    return Object.values(this.#fifos).flatMap(({ fd }) => (fd === undefined ? [] : [fd]));
  }

  close(): void {
    this.#closeFifos();
    this.#standIn?.close();
    this.#note.write(this.#done);
    this.#note.close();
  }

  remove(): void {
    this.#closeFifos();
    this.#standIn?.remove();
    this.#note.remove();
  }

  #write(chunk: LogChunk, position: LogPosition): Promise<void> | undefined {
    // Merged a moment ago; a later process reads it again.
    if (this.#closing.signal.aborted) return undefined;
    if (this.#unread.has(chunk.stream)) return this.#writeToStandIn(chunk, position);
    return this.#writeFrom(chunk, 0, position);
  }

  /** Pieces that go at once need no turn of the event loop. */
  #writeFrom(chunk: LogChunk, from: number, position: LogPosition): Promise<void> | undefined {
    const { data, stream } = chunk;
    for (let at = from; at < data.byteLength; at += atomicBytes) {
      const piece = data.subarray(at, at + atomicBytes);
      this.#note.write({ ...this.#done, pendingBytes: piece.byteLength });
      const waiting = this.#fifos[stream].write(piece);
      if (waiting !== undefined) {
        this.#note.write(this.#done);
        return this.#writeSlowly(waiting, { chunk, at, position });
      }
      this.#done = { ...this.#done, partialBytes: at + piece.byteLength };
    }
    this.#done = { position, partialBytes: 0, pendingBytes: 0 };
    return undefined;
  }

  async #writeSlowly(waiting: Promise<void>, { chunk, at, position }: Piece): Promise<void> {
    try {
      await waiting;
    } catch (error) {
      if (!(error instanceof NoReaderError)) throw error;
      return await this.#change({ chunk, at, position });
    }
    const next = Math.min(at + atomicBytes, chunk.data.byteLength);
    this.#done = { ...this.#done, partialBytes: next };
    this.#note.write(this.#done);
    await this.#writeFrom(chunk, next, position);
  }

  /** Gives the stand-in what is left in the FIFO, and the rest of a chunk. */
  async #change({ chunk, at, position }: Piece): Promise<void> {
    const { stream, data } = chunk;
    this.#options.onNote(`nobody reads the task's ${stream}; the agent's log files are written directly`);
    this.#standIn ??= await this.#options.createStandIn();
    this.#unread.add(stream);
    const left = this.#fifos[stream].drain();
    if (left.byteLength > 0) await this.#standIn.sink.write({ ...chunk, data: left }, this.#done.position);
    await this.#standIn.sink.write({ ...chunk, data: data.subarray(at) }, position);
    this.#done = { position, partialBytes: 0, pendingBytes: 0 };
    this.#note.write(this.#done);
  }

  async #writeToStandIn(chunk: LogChunk, position: LogPosition): Promise<void> {
    if (!this.#fifos[chunk.stream].open()) {
      await this.#standIn?.sink.write(chunk, position);
      this.#done = { position, partialBytes: 0, pendingBytes: 0 };
      return;
    }
    this.#unread.delete(chunk.stream);
    if (this.#unread.size === 0) {
      const standIn = this.#standIn;
      this.#standIn = undefined;
      await standIn?.sink.end();
      standIn?.remove();
    }
    await this.#writeFrom(chunk, 0, position);
  }

  async #end(): Promise<void> {
    this.#note.write(this.#done);
    this.#closeFifos();
    await this.#standIn?.sink.end();
  }

  #closeFifos(): void {
    this.#closing.abort();
    this.#fifos.stdout.close();
    this.#fifos.stderr.close();
  }
}

interface Piece {
  readonly chunk: LogChunk;
  readonly at: number;
  readonly position: LogPosition;
}

/** A tty's output has no times of its own. */
function toTimePosition(): LogPosition {
  return { timeNs: (BigInt(Date.now()) * 1_000_000n).toString(), frames: 0 };
}
