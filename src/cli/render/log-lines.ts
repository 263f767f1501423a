/** Longest line that is kept back while it waits for its end, in UTF-16 units. */
const longestLine = 1024 * 1024;

/**
 * Makes whole lines out of pieces of bytes. A character split between two pieces stays whole; bytes that are
 * no UTF-8 become U+FFFD. A line longer than 1 Mi units comes in pieces of that length.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #partial: string[] = [];
  #length = 0;

  /** The lines that this piece completes, without their line ends. */
  push(data: Uint8Array): readonly string[] {
    return this.#split(this.#decoder.decode(data, { stream: true }));
  }

  /** What was left without a line end. */
  end(): readonly string[] {
    const lines = this.#split(this.#decoder.decode());
    return this.#length === 0 ? lines : [...lines, this.#take("")];
  }

  #split(text: string): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      lines.push(this.#take(text.slice(start, end)));
      start = end + 1;
    }
    if (start < text.length) {
      this.#partial.push(text.slice(start));
      this.#length += text.length - start;
    }
    if (this.#length >= longestLine) lines.push(this.#take(""));
    return lines;
  }

  #take(end: string): string {
    const line = this.#partial.join("") + end;
    this.#partial = [];
    this.#length = 0;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}

// Colours (CSI ... m) and links (OSC 8) stay; group 1 or 2 holds them.
const sequences = new RegExp(
  [
    "(\\u001b\\[[0-9;:]*m)",
    "(\\u001b\\]8;[^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\))",
    "\\u001b\\[[0-?]*[ -/]*[@-~]?",
    "\\u001b[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?",
    "\\u001b[ -/]*[0-~]?",
    "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001a\\u001c-\\u001f\\u007f-\\u009f]",
  ].join("|"),
  "g",
);
const colorReset = "\u001b[0m";

/**
 * A line with its prefix, safe on a terminal: colours and links stay and end with the line, a carriage
 * return starts again behind the prefix, and whatever else would move the cursor or clear the screen is
 * left out.
 */
export function toPrefixedLine(prefix: string, line: string): string {
  if (!hasControls(line)) return prefix + line;
  const kept = line.replace(sequences, (_, color?: string, link?: string) => color ?? link ?? "");
  const text = kept.replaceAll("\r", `\r${prefix}`);
  return prefix + text + (text.includes("\u001b[") ? colorReset : "");
}

function hasControls(line: string): boolean {
  for (let index = 0; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if ((code < 32 && code !== 9) || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}
