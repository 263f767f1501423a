import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

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
  /** The engine has written down that the container does not run. */
  readonly onStopped: () => void;
}

/** Tells when a file, and whichever takes its place, may have something new. */
export class LogWatch implements Disposable {
  readonly #options: LogWatchOptions;
  readonly #watcher: FSWatcher;
  #hasNews = false;
  #onNews: (() => void) | undefined;
  readonly #news = () => {
    this.#hasNews = true;
    this.#onNews?.();
  };

  /** Throws when the kernel does not let so many files be watched. */
  constructor(path: string, options: LogWatchOptions) {
    this.#options = options;
    const name = basename(path);
    const folder = dirname(path);
    this.#watcher = watch(folder, (kind, changed) => {
      if (changed === stateFile) void this.#look(join(folder, stateFile));
      if (changed !== name) return;
      if (kind === "rename") options.onMoved();
      this.#news();
    });
    this.#watcher.on("error", this.#news);
    for (const signal of this.#signals) signal.addEventListener("abort", this.#news);
  }

  /** Resolves when there was news since it resolved last, and after a while without. */
  async next(): Promise<void> {
    if (!this.#hasNews) await this.#wait();
    this.#hasNews = false;
  }

  /** The state is written at each health check as well. */
  async #look(path: string): Promise<void> {
    if (!(await saysRunning(path))) this.#options.onStopped();
  }

  async #wait(): Promise<void> {
    const timer = setTimeout(this.#news, lookMs);
    await new Promise<void>((resolve) => {
      this.#onNews = resolve;
    });
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
    for (const signal of this.#signals) signal.removeEventListener("abort", this.#news);
  }

  get #signals(): readonly AbortSignal[] {
    return [this.#options.ended, this.#options.signal].filter((signal) => signal !== undefined);
  }
}

async function saysRunning(path: string): Promise<boolean> {
  try {
    const { State } = JSON.parse(await readFile(path, "utf8")) as { State: { Running: boolean } };
    return State.Running;
  } catch {
    return false;
  }
}
