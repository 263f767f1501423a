import { appendFile, writeFile } from "node:fs/promises";
import { bed, callEngineOk } from "../bed/index.ts";

/** One line of the engine's json-file log. */
export interface Entry {
  /** Nanoseconds after 2026-01-01T00:00:00Z. */
  readonly ns: bigint;
  /** Without a newline at its end: a part of a line. */
  readonly text: string;
  readonly stream?: "stdout" | "stderr";
}

const secondNs = 1_000_000_000n;
const firstSecond = BigInt(Date.parse("2026-01-01T00:00:00Z") / 1000);

export const seconds = (count: number): bigint => BigInt(Math.round(count * 1e9));

/** The engine's log of a container, as a file: what no test can bring about by waiting is written there. */
export class LogFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async of(containerId: string): Promise<LogFile> {
    const found = (await callEngineOk(bed().socket, "GET", `/containers/${containerId}/json`)) as {
      LogPath: string;
    };
    return new LogFile(found.LogPath);
  }

  async append(entries: readonly Entry[]): Promise<void> {
    await appendFile(this.#path, entries.map(toLine).join(""));
  }

  /** What an engine writes on a disk that is full. */
  async appendPart(entry: Entry): Promise<void> {
    await appendFile(this.#path, toLine(entry).slice(0, -20));
  }

  /** Nothing of what was there before is left. */
  async replace(entries: readonly Entry[]): Promise<void> {
    await writeFile(this.#path, entries.map(toLine).join(""));
  }

  /** The same for the file that the engine has written before. */
  async replaceOlder(entries: readonly Entry[]): Promise<void> {
    await writeFile(`${this.#path}.1`, entries.map(toLine).join(""));
  }
}

function toLine({ ns, text, stream = "stdout" }: Entry): string {
  const date = new Date(Number(firstSecond + ns / secondNs) * 1000).toISOString().slice(0, 19);
  const fraction = `.${(ns % secondNs).toString().padStart(9, "0")}`.replace(/\.?0+$/, "");
  const time = `${date}${fraction}Z`;
  return `${JSON.stringify({ log: text, stream, time })}\n`;
}
