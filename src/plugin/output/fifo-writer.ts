import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { errorCode, LongshoreError, toError } from "../../task/index.ts";

/** POSIX's PIPE_BUF on Linux: so much goes into a pipe whole or not at all. */
export const atomicBytes = 4096;
const pipeBytes = 65_536;
/** Nothing tells when someone opens a FIFO for reading. */
const lookMs = 50;
/** An agent that starts its log collector again has it reading after such a time. */
const patienceMs = 2000;

type Outcome = "written" | "full" | "no-reader";

/** Nobody reads a FIFO, and nobody has begun to for a while. */
export class NoReaderError extends Error {
  override readonly name = "NoReaderError";
}

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

  /**
   * Writes at most {@link atomicBytes}. Rejects with a {@link NoReaderError} when there is no reader for two seconds,
   * and with the signal's reason when it aborts before all is written.
   */
  write(piece: Uint8Array): Promise<void> | undefined {
    const outcome = this.#tryWrite(piece);
    return outcome === "written" ? undefined : this.#writeLater(piece, outcome);
  }

  /** Takes back what no reader has taken and none will. */
  drain(): Uint8Array {
    if (this.#fd === undefined) return new Uint8Array();
    const fd = openFifo(this.#path, constants.O_RDONLY);
    try {
      const sameFifo = fd !== undefined && isSame(fd, this.#fd);
      return sameFifo ? readRest(fd) : new Uint8Array();
    } finally {
      if (fd !== undefined) closeSync(fd);
      this.close();
    }
  }

  /** The FIFO's open end, if it is open. */
  get fd(): number | undefined {
    return this.#fd;
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
      const code = errorCode(error);
      if (code === "EAGAIN") return "full";
      if (code === "EPIPE") return "no-reader";
      throw error;
    }
  }

  async #writeLater(piece: Uint8Array, why: Outcome): Promise<void> {
    for (let outcome = why; outcome !== "written"; outcome = this.#tryWrite(piece)) {
      this.#signal.throwIfAborted();
      if (outcome === "full" && (await this.#writeWhenRoom(piece))) return;
      if (outcome === "no-reader") await this.#untilReader();
    }
  }

  async #untilReader(): Promise<void> {
    // The old end is kept until there is a new one: closing it would empty the pipe.
    for (let waitedMs = 0; !this.open(); waitedMs += lookMs) {
      if (waitedMs >= patienceMs) throw new NoReaderError(`nobody reads ${this.#path}`);
      await pause(lookMs, undefined, { signal: this.#signal });
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
    if (errorCode(error) === "ENXIO" || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw new LongshoreError("invalid", `${path} is no FIFO`);
}

function readRest(fd: number): Uint8Array {
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const part = Buffer.alloc(pipeBytes);
      const length = readSync(fd, part);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
    }
  } catch (error) {
    if (errorCode(error) !== "EAGAIN") throw error;
  }
  return Buffer.concat(parts);
}

function isSame(left: number, right: number): boolean {
  const [one, other] = [fstatSync(left), fstatSync(right)];
  return one.ino === other.ino && one.dev === other.dev;
}
