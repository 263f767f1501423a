import { LongshoreError } from "../task/index.ts";
import { exitCodes, type StopSignal, toSignalExitCode } from "./exit-code.ts";

const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export interface StopListener {
  /** The first signal: stop gracefully. */
  stop(signal: StopSignal): void;
  /** The second one: kill. */
  kill(): void;
  /** The third one: the process ends when this returns. */
  leave(): void;
}

/**
 * Takes the process's stop signals: the first asks to stop, the second to kill, and the third ends the process
 * at once whatever still runs. A listener that comes late is told what it missed.
 */
export class StopSignals implements Disposable {
  readonly #process: NodeJS.EventEmitter;
  readonly #received: StopSignal[] = [];
  readonly #stopped = new AbortController();
  readonly #killed = new AbortController();
  #listener: StopListener | undefined;
  readonly #onSignal = (signal: StopSignal): void => {
    // A terminal that goes away is one wish to stop, however often it is told.
    if (signal === "SIGHUP" && this.#received.length > 0) return;
    this.#received.push(signal);
    this.#stopped.abort(new LongshoreError("canceled", `stopped by ${signal}`));
    if (this.#received.length > 1) this.#killed.abort();
    this.#tell(this.#received.length);
    if (this.#received.length > 2) this.#leave();
  };

  constructor(source: NodeJS.EventEmitter) {
    this.#process = source;
    for (const signal of signals) source.on(signal, this.#onSignal);
  }

  /** Exit code of the first signal; undefined while there was none. */
  get exitCode(): number | undefined {
    const [first] = this.#received;
    return first === undefined ? undefined : toSignalExitCode(first);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Aborted by the second signal. */
  get killed(): AbortSignal {
    return this.#killed.signal;
  }

  /** Who is told from now on, and of what has come already. */
  listen(listener: StopListener): void {
    this.#listener = listener;
    for (let count = 1; count <= this.#received.length; count++) this.#tell(count);
  }

  [Symbol.dispose](): void {
    for (const signal of signals) this.#process.off(signal, this.#onSignal);
  }

  #leave(): never {
    this.#listener?.leave();
    process.exit(this.exitCode ?? exitCodes.failed);
  }

  #tell(count: number): void {
    const [first] = this.#received;
    if (count === 1 && first !== undefined) this.#listener?.stop(first);
    if (count === 2) this.#listener?.kill();
  }
}
