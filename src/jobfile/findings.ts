import type { Diagnostic, NoEffect, SourceRange } from "./job.ts";
import type { Fault, Place } from "./tree.ts";

/** The texts that places refer to, by file name. */
export type SourceTexts = ReadonlyMap<string, string>;

/** More than a person reads; a file of rubbish has a million. */
const maxErrors = 200;

/** Where something stands, as one number. */
function order({ range }: Pick<NoEffect, "range">): number {
  return (range?.line ?? 0) * 1e8 + (range?.column ?? 0);
}

function isBefore([, line, column]: Place, other: Place | undefined): boolean {
  const [, otherLine = 0, otherColumn = 0] = other ?? [];
  return line === otherLine ? column < otherColumn : line < otherLine;
}

function overlaps(left: SourceRange, right: SourceRange | undefined): boolean {
  if (right === undefined || left.file !== right.file) return false;
  const endsBefore = (one: SourceRange, other: SourceRange): boolean =>
    one.endLine === other.line ? one.endColumn <= other.column : one.endLine < other.line;
  return !endsBefore(left, right) && !endsBefore(right, left);
}

/** Collects what is found in one job file, and gives places their line of source. */
export class Findings {
  readonly #diagnostics: Diagnostic[] = [];
  #uncounted = 0;
  readonly #known = new Set<string>();
  readonly #noEffect: NoEffect[] = [];
  readonly #faults: Place[] = [];
  readonly #files: readonly string[];
  readonly #lines: ReadonlyMap<string, readonly string[]>;

  constructor(files: readonly string[], texts: SourceTexts) {
    this.#files = files;
    this.#lines = new Map([...texts].map(([name, text]) => [name, text.split(/\r?\n/)]));
  }

  range(place: Place | undefined): SourceRange | undefined {
    if (place === undefined) return undefined;
    const [index, line, column, endLine, endColumn] = place;
    const file = this.#files[index];
    return file === undefined ? undefined : { file, line, column, endLine, endColumn };
  }

  locate(place: Place | undefined): Pick<Diagnostic, "range" | "sourceLine"> {
    const range = this.range(place);
    return { range, sourceLine: range && this.#lines.get(range.file)?.[range.line - 1] };
  }

  error(place: Place | undefined, summary: string, detail: string): void {
    this.#add({ severity: "error", summary, detail, ...this.locate(place) });
  }

  warn(place: Place | undefined, summary: string, detail: string): void {
    this.#add({ severity: "warning", summary, detail, ...this.locate(place) });
  }

  /** Takes over what HashiCorp's parser found. */
  addFaults(faults: readonly Fault[], uncounted = 0): void {
    this.#uncounted += uncounted;
    for (const { severity, summary, detail, place } of faults) {
      if (severity === "error" && place !== undefined) this.#faults.push(place);
      this.#add({ severity, summary, detail, ...this.locate(place) });
    }
  }

  /** Whether an error is told of a part of the place, or of what is around it. */
  hasErrorAt(place: Place | undefined): boolean {
    const range = this.range(place);
    return this.#diagnostics.some(
      (found) => found.severity === "error" && found.range !== undefined && overlaps(found.range, range),
    );
  }

  /** Whether the parser found something wrong from one place on, and before the other if there is one. */
  hasFaultIn(from: Place | undefined, before: Place | undefined): boolean {
    const inFile = this.#faults.filter(([file]) => file === from?.[0]);
    return inFile.some(
      (fault) => !isBefore(fault, from) && (before === undefined || isBefore(fault, before)),
    );
  }

  idle(key: string, place: Place | undefined): void {
    if (!this.#noEffect.some((known) => known.key === key))
      this.#noEffect.push({ key, range: this.range(place) });
  }

  /** In the order of the file. */
  idleKeys(): readonly NoEffect[] {
    return this.#noEffect.toSorted((left, right) => order(left) - order(right));
  }

  /** In the order of the file; beyond 200 they are counted only. */
  errors(): readonly Diagnostic[] {
    const errors = this.#sorted("error");
    const more = errors.length + this.#uncounted - maxErrors;
    if (more <= 0) return errors;
    const rest = {
      severity: "error",
      summary: `${more} more errors`,
      detail: "Mend the ones above first.",
    } as const;
    return [...errors.slice(0, maxErrors), { ...rest, range: undefined, sourceLine: undefined }];
  }

  warnings(): readonly Diagnostic[] {
    return this.#sorted("warning");
  }

  #add(found: Diagnostic): void {
    const { summary, detail, range } = found;
    const key = `${range?.file}:${range?.line}:${range?.column}:${summary}:${detail}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#diagnostics.push(found);
  }

  #sorted(severity: Diagnostic["severity"]): readonly Diagnostic[] {
    return this.#diagnostics
      .filter((found) => found.severity === severity)
      .sort((left, right) => order(left) - order(right));
  }
}
