import { existsSync } from "node:fs";
import type { LogChunk, LogPosition, LogSink, TaskConfig } from "../../task/index.ts";
import { atomicBytes, FifoWriter } from "./fifo-writer.ts";
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

/** Hands a task's output to the FIFOs that the agent reads; `resume` goes on where an earlier process was. */
export function createFifoOutput(task: TaskConfig, resume: boolean): TaskOutput {
  const closing = new AbortController();
  const fifos = {
    stdout: new FifoWriter(task.stdoutPath, closing.signal),
    stderr: new FifoWriter(task.stderrPath, closing.signal),
  };
  const note = new PositionNote(toNotePath(task));
  const noted = resume ? note.read() : { position: undefined, partialBytes: 0 };
  if (!resume) note.write(noted);
  let { position: last, partialBytes: skipBytes } = noted;

  function write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> | undefined {
    const known = Math.min(skipBytes, chunk.data.byteLength);
    skipBytes = 0;
    return writeFrom(chunk, known, position ?? toTimePosition());
  }

  /** Pieces that go at once need no turn of the event loop. */
  function writeFrom(chunk: LogChunk, from: number, position: LogPosition): Promise<void> | undefined {
    const { data, stream } = chunk;
    for (let at = from; at < data.byteLength; ) {
      const piece = data.subarray(at, at + atomicBytes);
      const end = at + piece.byteLength;
      const waiting = fifos[stream].write(piece);
      const noteEnd = () => notePiece(end, data.byteLength, position);
      if (waiting !== undefined) {
        return waiting.then(() => {
          noteEnd();
          return writeFrom(chunk, end, position);
        });
      }
      noteEnd();
      at = end;
    }
    return undefined;
  }

  function notePiece(end: number, whole: number, position: LogPosition): void {
    if (end === whole) last = position;
    note.write({ position: last, partialBytes: end === whole ? 0 : end });
  }

  function close(): void {
    closing.abort();
    fifos.stdout.close();
    fifos.stderr.close();
  }

  fifos.stdout.open();
  fifos.stderr.open();
  return {
    position: last,
    sink: { write, end: close },
    close() {
      close();
      note.close();
    },
    remove() {
      close();
      note.remove();
    },
  };
}

/** Whether there is a note of how far a task's output was handed over. */
export function hasFifoOutput(task: TaskConfig): boolean {
  return existsSync(toNotePath(task));
}

/** A tty's output has no times of its own. */
function toTimePosition(): LogPosition {
  return { timeNs: (BigInt(Date.now()) * 1_000_000n).toString(), frames: 0 };
}
