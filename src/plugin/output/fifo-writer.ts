import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { LongshoreError } from "../../task/index.ts";

/** POSIX's PIPE_BUF on Linux: so much goes into a pipe whole or not at all. */
export const atomicBytes = 4096;
const noReaderMs = 100;

type Outcome = "written" | "full" | "no-reader";

/**
 * Writes into a FIFO that another process reads, makes and may replace. Nothing blocks the process: a reader that is
 * slow or away only holds up its own writer. What is in the pipe while there is no reader is kept for the next one.
 */
export class FifoWriter {
  readonly #path: string;
  readonly #signal: AbortSignal;
  #fd: number | undefined;

  /** The signal ends waits for a reader. */
  constructor(path: string, signal: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
  }

  /** Lets a waiting reader begin, if there is one; throws `invalid` when the path is no FIFO. */
  open(): boolean {
    const fd = openFifo(this.#path, constants.O_WRONLY);
    if (fd === undefined) return false;
    this.close();
    this.#fd = fd;
    return true;
  }

  /** Writes at most {@link atomicBytes}; rejects with the signal's reason when it aborts before they are written. */
  write(piece: Uint8Array): Promise<void> | undefined {
    const outcome = this.#tryWrite(piece);
    return outcome === "written" ? undefined : this.#writeLater(piece, outcome);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #tryWrite(piece: Uint8Array): Outcome {
    if (this.#fd === undefined && !this.open()) return "no-reader";
    try {
      writeSync(this.#fd ?? -1, piece);
      return "written";
    } catch (error) {
      const code = codeOf(error);
      if (code === "EAGAIN") return "full";
      if (code === "EPIPE") return "no-reader";
      throw error;
    }
  }

  async #writeLater(piece: Uint8Array, why: Outcome): Promise<void> {
    for (let outcome = why; outcome !== "written"; ) {
      this.#signal.throwIfAborted();
      if (outcome === "full" && (await this.#writeWhenRoom(piece))) return;
      // Nothing tells when someone opens a FIFO for reading.
      if (outcome === "no-reader") await pause(noReaderMs, undefined, { signal: this.#signal });
      // The old end is kept until there is a new one: closing it would empty the pipe.
      outcome = outcome === "no-reader" && !this.open() ? outcome : this.#tryWrite(piece);
    }
  }

  /**
   * Waits until the reader has made room. The pipe is held open at both ends meanwhile, so that nothing in it is lost
   * when the reader ends just now. False when the path leads to another FIFO.
   */
  async #writeWhenRoom(piece: Uint8Array): Promise<boolean> {
    const fd = openFifo(this.#path, constants.O_RDWR);
    if (fd === undefined || this.#fd === undefined || !isSame(fd, this.#fd)) {
      if (fd !== undefined) closeSync(fd);
      this.close();
      return false;
    }
    const pipe = new Socket({ fd, readable: false, writable: true });
    const abort = () => pipe.destroy(toError(this.#signal.reason));
    this.#signal.addEventListener("abort", abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        pipe.once("error", reject);
        pipe.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      return true;
    } finally {
      this.#signal.removeEventListener("abort", abort);
      pipe.destroy();
    }
  }
}

/** Undefined when there is no FIFO, or none that is read. */
function openFifo(path: string, access: number): number | undefined {
  const flags = access | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    if (codeOf(error) === "ENXIO" || codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw new LongshoreError("invalid", `${path} is no FIFO`);
}

function isSame(left: number, right: number): boolean {
  const [one, other] = [fstatSync(left), fstatSync(right)];
  return one.ino === other.ino && one.dev === other.dev;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
