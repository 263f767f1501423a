import type { PullProgress } from "../task/index.ts";

/** One message of the engine's pull stream, as far as progress goes. */
export interface PullStep {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  receivedBytes: number;
  totalBytes: number;
  done: boolean;
}

/** What the engine says of a layer that needs no more fetching. */
const fetched: ReadonlySet<string> = new Set([
  "Download complete",
  "Verifying Checksum",
  "Extracting",
  "Pull complete",
  "Already exists",
]);
const fetching: ReadonlySet<string> = new Set(["Pulling fs layer", "Waiting", "Downloading", "Retrying"]);

const reportEveryMs = 250;
/** The rate is taken over the last few seconds, so that it follows the line and does not jump. */
const rateWindowMs = 5_000;

interface Reading {
  readonly atMs: number;
  readonly bytes: number;
}

/** Adds up what the engine tells layer by layer. Only fetching counts: extracting a layer is done fetching it. */
export class PullMeter {
  readonly #image: string;
  readonly #report: ((progress: PullProgress) => void) | undefined;
  readonly #now: () => number;
  readonly #layers = new Map<string, Layer>();
  #readings: Reading[] = [];
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #changed = false;

  constructor(
    image: string,
    report: ((progress: PullProgress) => void) | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#image = image;
    this.#report = report;
    this.#now = now;
  }

  take(step: PullStep): void {
    if (this.#report === undefined || step.id === undefined || step.status === undefined) return;
    if (!this.#update(step.id, step.status, step.progressDetail ?? {})) return;
    this.#changed = true;
    if (this.#now() - this.#reportedAtMs >= reportEveryMs) this.#send();
  }

  /** Reports where things ended, if that was not told yet. */
  finish(): void {
    if (this.#changed) this.#send();
  }

  #update(id: string, words: string, detail: NonNullable<PullStep["progressDetail"]>): boolean {
    const status = words.startsWith("Retrying") ? "Retrying" : words;
    if (!fetched.has(status) && !fetching.has(status)) return false;
    const layer = this.#layers.get(id) ?? { receivedBytes: 0, totalBytes: 0, done: false };
    this.#layers.set(id, layer);
    if (fetched.has(status)) {
      layer.done = true;
      layer.receivedBytes = layer.totalBytes;
    } else if (status === "Downloading") {
      layer.receivedBytes = detail.current ?? layer.receivedBytes;
      layer.totalBytes = Math.max(detail.total ?? 0, layer.totalBytes, layer.receivedBytes);
    } else if (status === "Retrying") {
      layer.receivedBytes = 0;
    }
    return true;
  }

  #send(): void {
    this.#reportedAtMs = this.#now();
    this.#changed = false;
    this.#report?.(this.#progress());
  }

  #progress(): PullProgress {
    const layers = [...this.#layers.values()];
    const receivedBytes = layers.reduce((sum, layer) => sum + layer.receivedBytes, 0);
    const totalBytes = layers.reduce((sum, layer) => sum + layer.totalBytes, 0);
    const bytesPerSecond = this.#rate(receivedBytes);
    const secondsLeft = bytesPerSecond > 0 ? (totalBytes - receivedBytes) / bytesPerSecond : undefined;
    return {
      image: this.#image,
      receivedBytes,
      totalBytes,
      bytesPerSecond,
      secondsLeft,
      layersDone: layers.filter((layer) => layer.done).length,
      layersTotal: layers.length,
    };
  }

  #rate(bytes: number): number {
    const atMs = this.#now();
    this.#readings = [
      ...this.#readings.filter((reading) => atMs - reading.atMs <= rateWindowMs),
      { atMs, bytes },
    ];
    const first = this.#readings[0];
    if (first === undefined || atMs === first.atMs) return 0;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (atMs - first.atMs));
  }
}
