import { existsSync } from "node:fs";
import type { LogChunk, LogPosition, LogSink, TaskConfig } from "../../task/index.ts";
import { atomicBytes, FifoWriter, NoReaderError } from "./fifo-writer.ts";
import { PositionNote, toNotePath } from "./position-note.ts";

/** Where a task's output goes. */
export interface TaskOutput {
  readonly sink: LogSink;
  /** Where to go on in the engine's log. */
  readonly position: LogPosition | undefined;
  /** Takes nothing more; what was noted stays for a later process. */
  close(): void;
  /** Forgets the task. */
  remove(): void;
}

export interface FifoOutputOptions {
  /** Goes on where an earlier process was. */
  readonly resume: boolean;
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

/** Whether there is a note of how far a task's output was handed over. */
export function hasFifoOutput(task: TaskConfig): boolean {
  return existsSync(toNotePath(task));
}

/** Forgets how far a task's output was handed over; gone already is fine. */
export function removeFifoNote(task: TaskConfig): void {
  new PositionNote(toNotePath(task)).remove();
}

class FifoOutput implements TaskOutput {
  readonly sink: LogSink = {
    write: (chunk, position) => this.#write(chunk, position ?? toTimePosition()),
    end: () => this.#end(),
  };
  readonly position: LogPosition | undefined;
  readonly #options: FifoOutputOptions;
  readonly #closing = new AbortController();
  readonly #fifos: Readonly<Record<LogChunk["stream"], FifoWriter>>;
  readonly #note: PositionNote;
  #last: LogPosition | undefined;
  /** Bytes of the next chunk that an earlier process has handed over. */
  #skipBytes: number;
  #standIn: TaskOutput | undefined;

  constructor(task: TaskConfig, options: FifoOutputOptions) {
    this.#options = options;
    const { signal } = this.#closing;
    this.#fifos = {
      stdout: new FifoWriter(task.stdoutPath, signal),
      stderr: new FifoWriter(task.stderrPath, signal),
    };
    this.#note = new PositionNote(toNotePath(task));
    const noted = options.resume ? this.#note.read() : { position: undefined, partialBytes: 0 };
    if (!options.resume) this.#note.write(noted);
    this.position = noted.position;
    this.#last = noted.position;
    this.#skipBytes = noted.partialBytes;
    this.#fifos.stdout.open();
    this.#fifos.stderr.open();
  }

  close(): void {
    this.#closeFifos();
    this.#standIn?.close();
    this.#note.close();
  }

  remove(): void {
    this.#closeFifos();
    this.#standIn?.remove();
    this.#note.remove();
  }

  #write(chunk: LogChunk, position: LogPosition): Promise<void> | undefined {
    if (this.#standIn !== undefined) return this.#writeToStandIn(this.#standIn, chunk, position);
    const from = Math.min(this.#skipBytes, chunk.data.byteLength);
    this.#skipBytes = 0;
    return this.#writeFrom(chunk, from, position);
  }

  /** Pieces that go at once need no turn of the event loop. */
  #writeFrom(chunk: LogChunk, from: number, position: LogPosition): Promise<void> | undefined {
    const { data, stream } = chunk;
    for (let at = from; at < data.byteLength; at += atomicBytes) {
      const waiting = this.#fifos[stream].write(data.subarray(at, at + atomicBytes));
      if (waiting !== undefined) return this.#writeSlowly(waiting, { chunk, at, position });
      this.#notePiece(chunk, at, position);
    }
    return undefined;
  }

  async #writeSlowly(waiting: Promise<void>, { chunk, at, position }: Piece): Promise<void> {
    try {
      await waiting;
    } catch (error) {
      if (!(error instanceof NoReaderError)) throw error;
      return await this.#change({ chunk, at, position });
    }
    this.#notePiece(chunk, at, position);
    await this.#writeFrom(chunk, at + atomicBytes, position);
  }

  #notePiece({ data }: LogChunk, at: number, position: LogPosition): void {
    const end = Math.min(at + atomicBytes, data.byteLength);
    if (end === data.byteLength) this.#last = position;
    this.#note.write({ position: this.#last, partialBytes: end === data.byteLength ? 0 : end });
  }

  /** Gives the stand-in what is left in the FIFOs, and the rest of a chunk. */
  async #change({ chunk, at, position }: Piece): Promise<void> {
    this.#options.onNote("the agent's log collector does not read; its log files are written directly");
    this.#standIn = await this.#options.createStandIn();
    this.#note.write({ position: this.#last, partialBytes: 0 });
    for (const stream of ["stdout", "stderr"] as const) {
      const left = this.#fifos[stream].drain();
      if (left.byteLength > 0) await this.#standIn.sink.write({ stream, data: left }, this.#last);
    }
    await this.#standIn.sink.write({ ...chunk, data: chunk.data.subarray(at) }, position);
  }

  async #writeToStandIn(standIn: TaskOutput, chunk: LogChunk, position: LogPosition): Promise<void> {
    if (!this.#fifos[chunk.stream].open()) return await standIn.sink.write(chunk, position);
    this.#standIn = undefined;
    await standIn.sink.end();
    standIn.remove();
    await this.#writeFrom(chunk, 0, position);
  }

  async #end(): Promise<void> {
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
