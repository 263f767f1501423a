import { stat } from "node:fs/promises";
import type { Template } from "../jobfile/job.ts";
import type { LongshoreError } from "../task/index.ts";
import type { Clock } from "./clock.ts";
import { toLongshoreError } from "./to-error.ts";

export interface WatchedTemplate {
  readonly template: Template;
  /** Paths on the host of the files that it reads; undefined where it is not known which. */
  readonly files: readonly string[] | undefined;
}

export interface TemplateWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Renders a template again, and writes it where that gives another text. */
  rewrite(template: Template): Promise<{ readonly files: readonly string[]; readonly changed: boolean }>;
  /** Called with templates that have another text now, each time after the last call is done. */
  onChange(changed: readonly Template[]): Promise<void>;
  onFault(template: Template, error: LongshoreError): void;
}

/** As consul-template looks at its files, too; a change is found later than it happened, and never missed. */
const lookMs = 1000;

/**
 * Renders templates again when files that they read have changed, until the signal aborts. Also what changed between
 * their first rendering and this call is found. Never rejects.
 */
export async function watchTemplates(
  templates: readonly WatchedTemplate[],
  options: TemplateWatchOptions,
): Promise<void> {
  const { clock, signal } = options;
  const looks = templates
    .filter(({ template, files }) => !template.once && files?.length !== 0)
    .map(({ template, files }) => new FileLook(template, files));
  if (looks.length === 0) return;
  for (;;) {
    await clock.sleep(lookMs, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const changed: Template[] = [];
    for (const look of looks)
      if ((await look.isDue(clock.monotonicMs())) && (await rewrite(look, options)))
        changed.push(look.template);
    if (changed.length > 0 && !signal.aborted) await options.onChange(changed);
  }
}

async function rewrite(look: FileLook, options: TemplateWatchOptions): Promise<boolean> {
  try {
    const { files, changed } = await options.rewrite(look.template);
    look.taken(files);
    return changed;
  } catch (error) {
    look.taken();
    options.onFault(look.template, toLongshoreError(error));
    return false;
  }
}

/** What was last seen of one template's files. */
class FileLook {
  readonly template: Template;
  #files: readonly string[] | undefined;
  #seen: string | undefined;
  #rendered: string | undefined;
  #firstMs = 0;
  #lastMs = 0;

  constructor(template: Template, files: readonly string[] | undefined) {
    this.template = template;
    this.#files = files;
  }

  /** Whether the files are others than when it was rendered, and the template's `wait` is over. */
  async isDue(nowMs: number): Promise<boolean> {
    if (this.#files === undefined) return true;
    const seen = (await Promise.all(this.#files.map(toMark))).join("\n");
    if (seen === this.#rendered) {
      this.#seen = seen;
      return false;
    }
    if (this.#seen === this.#rendered) this.#firstMs = nowMs;
    if (seen !== this.#seen) this.#lastMs = nowMs;
    this.#seen = seen;
    const { minMs, maxMs } = this.template.wait ?? { minMs: 0, maxMs: 0 };
    return nowMs - this.#lastMs >= minMs || nowMs - this.#firstMs >= maxMs;
  }

  /** It was rendered with what was seen last; with other files than before it is due once more. */
  taken(files?: readonly string[]): void {
    const known = files === undefined || files.join("\n") === this.#files?.join("\n");
    this.#files = files ?? this.#files ?? [];
    this.#rendered = known ? this.#seen : undefined;
    if (!known) this.#seen = undefined;
  }
}

/** Tells one content of a file from another without reading it. */
async function toMark(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return "missing";
  }
}
