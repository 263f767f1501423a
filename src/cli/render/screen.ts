import type { Writable } from "node:stream";
import { textWidth, wrap } from "./text.ts";

/** A standard stream, or what stands for one. */
export type Output = Pick<Writable, "write" | "once" | "writableNeedDrain" | "destroyed"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Width that is used where no terminal tells its own. */
const usualColumns = 80;

/**
 * Writes output, notes and a live area (lines that are drawn again and again, below everything else) so that
 * none breaks the other. Output goes to stdout, the rest to stderr; the live area needs a terminal there.
 */
export class Screen {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #live: boolean;
  #lines: readonly string[] = [];
  #drawn: readonly string[] = [];
  #outputLeftColors = false;

  constructor(stdout: Output, stderr: Output) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#live = stderr.isTTY === true;
  }

  /** Whether live lines are shown at all. */
  get live(): boolean {
    return this.#live;
  }

  /** Width for notes and live lines. */
  get columns(): number {
    return this.#stderr.isTTY === true ? Math.max(20, this.#stderr.columns ?? usualColumns) : usualColumns;
  }

  /** A text for a note that begins after `indent` columns, in lines as wide as the terminal; one line where there is none. */
  fold(text: string, indent: number): string {
    return this.#live ? wrap(text, this.columns - indent).join(`\n${" ".repeat(indent)}`) : text;
  }

  /** Writes to stdout as is. */
  output(data: string | Uint8Array): void {
    const shared = this.#stdout.isTTY === true;
    if (shared) {
      this.#erase();
      this.#outputLeftColors ||= typeof data === "string" && data.includes("\u001b");
    }
    write(this.#stdout, data);
    if (shared) this.#draw();
  }

  /** Writes lines to stderr; a line end is added. */
  note(text: string): void {
    this.#erase();
    const reset = this.#outputLeftColors && this.#live ? "\u001b[0m" : "";
    this.#outputLeftColors = false;
    write(this.#stderr, `${reset}${text}\n`);
    this.#draw();
  }

  /** Lets the next note overwrite the `^C` that a terminal shows for Ctrl-C. */
  hideEcho(): void {
    if (this.#live) write(this.#stderr, "\r");
  }

  /** Replaces the live lines; each must be narrower than the terminal. No lines: the area is gone. */
  setLive(lines: readonly string[]): void {
    if (!this.#live) return;
    this.#erase();
    this.#lines = lines;
    this.#draw();
  }

  /** Resolves when both streams can take more. */
  async drained(): Promise<void> {
    await Promise.all([drain(this.#stdout), drain(this.#stderr)]);
  }

  #draw(): void {
    if (!this.#live || this.#lines.length === 0) return;
    write(this.#stderr, this.#lines.map((line) => `${line}\n`).join(""));
    this.#drawn = this.#lines;
  }

  #erase(): void {
    if (this.#drawn.length === 0) return;
    // A terminal that became narrower meanwhile shows a line in several rows.
    const rows = this.#drawn.reduce(
      (total, line) => total + Math.max(1, Math.ceil(textWidth(line) / this.columns)),
      0,
    );
    write(this.#stderr, `\u001b[${rows}A\r\u001b[0J`);
    this.#drawn = [];
  }
}

function write(output: Output, data: string | Uint8Array): void {
  if (!output.destroyed) output.write(data);
}

async function drain(output: Output): Promise<void> {
  if (output.destroyed || !output.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    output.once("drain", () => resolve());
    output.once("close", () => resolve());
    output.once("error", () => resolve());
  });
}
