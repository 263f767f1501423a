import { exitCodes } from "./exit-code.ts";

/**
 * Watches the standard streams: a stdout that nobody reads any more (`| head`) is no crash. It ends the
 * process with 141, or, while someone holds it, aborts `closed` and leaves the rest to them.
 */
export class OutputWatch {
  readonly #closed = new AbortController();
  #held = false;

  constructor(stdout: NodeJS.EventEmitter, stderr: NodeJS.EventEmitter) {
    stdout.on("error", () => {
      if (!this.#held) process.exit(exitCodes.outputClosed);
      this.#closed.abort();
    });
    // Notes that nobody reads are no reason to stop.
    stderr.on("error", () => undefined);
  }

  /** Aborted once stdout is closed and held. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** From now on a closed stdout does not end the process. */
  hold(): void {
    this.#held = true;
  }
}

/** Resolves when what was written to a stream is handed on, or the stream is broken. */
export async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
