import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** The kernel drops notices when too many wait for their reader, and nobody is told. */
const lookMs = 60_000;

/** Where the engine notes a container's state, beside its log. Source: moby's container. */
const stateFile = "config.v2.json";

export interface LogWatchOptions {
  /** Aborts when nothing more is written. */
  readonly ended: AbortSignal;
  readonly signal: AbortSignal | undefined;
  /** Another file may have taken the path. */
  readonly onMoved: () => void;
  readonly onState: () => void;
}

/** Tells when a file, and whichever takes its place, may have something new. */
export class LogWatch implements Disposable {
  readonly #options: LogWatchOptions;
  readonly #watcher: FSWatcher;
  readonly #wake = () => this.#news();
  #hasNews = false;
  #onNews: (() => void) | undefined;

  /** Throws when the kernel does not let so many files be watched. */
  constructor(path: string, options: LogWatchOptions) {
    this.#options = options;
    const name = basename(path);
    this.#watcher = watch(dirname(path), (kind, changed) => {
      if (changed === stateFile) options.onState();
      if (changed !== name) return;
      if (kind === "rename") options.onMoved();
      this.#news();
    });
    this.#watcher.on("error", this.#wake);
    for (const signal of this.#signals) signal.addEventListener("abort", this.#wake);
  }

  /** Resolves when there was news since it resolved last, and after a while without. */
  async next(): Promise<void> {
    if (!this.#hasNews) await this.#wait(lookMs);
    this.#hasNews = false;
  }

  async #wait(ms: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#options.onMoved();
      this.#news();
    }, ms);
    await new Promise<void>((resolve) => {
      this.#onNews = resolve;
    });
    clearTimeout(timer);
  }

  #news(): void {
    this.#hasNews = true;
    this.#onNews?.();
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#wake);
  }

  get #signals(): readonly AbortSignal[] {
    return [this.#options.ended, this.#options.signal].filter((signal) => signal !== undefined);
  }
}
