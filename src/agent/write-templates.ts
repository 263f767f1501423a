import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { chmod, chown, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { putInPlace } from "../host/index.ts";
import type { Template } from "../jobfile/job.ts";
import { LongshoreError } from "../task/index.ts";
import type { AgentEventDetail } from "./agent.ts";
import { parseEnvFile } from "./env-file.ts";
import { interpolate, type Lookup } from "./interpolate.ts";
import {
  assertNoEscape,
  makeOpenFolder,
  readTaskFile,
  type TaskRoots,
  toHostPath,
  toTaskFile,
} from "./safe-path.ts";
import type { TaskEnv } from "./task-env.ts";
import type { TemplateRenderer } from "./template-renderer.ts";
import { toFileError } from "./to-error.ts";

export interface WriteTemplatesOptions {
  readonly roots: TaskRoots;
  /** Finds references with the folders of this machine. */
  readonly hostLookup: Lookup;
  readonly env: TaskEnv;
  readonly render: TemplateRenderer;
  emit(detail: AgentEventDetail, message: string): void;
}

/** A template as it stands in the task's folder. */
export interface RenderedTemplate {
  readonly template: Template;
  readonly text: string;
  /** Paths on the host of the files that it read. */
  readonly files: readonly string[];
}

/** Renders templates into the task's folder, in order. */
export async function writeTemplates(
  templates: readonly Template[],
  options: WriteTemplatesOptions,
): Promise<readonly RenderedTemplate[]> {
  const rendered: RenderedTemplate[] = [];
  for (const template of templates) {
    const { destination } = template;
    options.emit({ type: "preparing", step: "template", what: destination }, `rendering ${destination}`);
    const one = await renderTemplate(template, options);
    await writeInto(toDestination(template, options), one, options);
    rendered.push(one);
  }
  return rendered;
}

/**
 * Renders a template again; writes it, and answers `changed`, where that gives another text than `before`. Where that is
 * not known, what stands there is compared. What a task makes of the file itself is no change of the template.
 */
export async function rewriteTemplate(
  template: Template,
  before: string | undefined,
  options: WriteTemplatesOptions,
): Promise<RenderedTemplate & { readonly changed: boolean }> {
  const rendered = await renderTemplate(template, options);
  const path = toDestination(template, options);
  await assertNoEscape(dirname(path), options.roots, describe(template));
  // Without files it gives the same text as long as the task is there.
  const changed = rendered.files.length > 0 && (before ?? (await readPresent(path))) !== rendered.text;
  if (changed) await writeInto(path, rendered, options);
  return { ...rendered, changed };
}

/** What templates with `env = true` add to the environment. */
export function toTemplateEnv(rendered: readonly RenderedTemplate[]): Readonly<Record<string, string>> {
  const texts = rendered.filter(({ template }) => template.env);
  return Object.assign({}, ...texts.map(({ template, text }) => parseEnvFile(text, describe(template))));
}

async function renderTemplate(template: Template, options: WriteTemplatesOptions): Promise<RenderedTemplate> {
  const files = new Set<string>();
  const text = await options.render({
    text: await readTemplate(template, options),
    leftDelimiter: template.leftDelimiter,
    rightDelimiter: template.rightDelimiter,
    missingKeyIsError: template.missingKeyIsError,
    env: options.env.env,
    name: template.destination,
    readFile: (path) => {
      files.add(toTaskFile(path, options.roots));
      return readTaskFile(path, options.roots);
    },
  });
  return { template, text, files: [...files] };
}

function describe({ destination }: Template): string {
  return `template "${destination}"`;
}

function toDestination(template: Template, { hostLookup, roots }: WriteTemplatesOptions): string {
  return toHostPath(interpolate(template.destination, hostLookup), roots, describe(template));
}

/** Undefined when nothing stands there that could be a rendered file. */
async function readPresent(path: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return await readFile(path, { encoding: "utf8", flag: flags }).catch(() => undefined);
}

async function readTemplate(template: Template, options: WriteTemplatesOptions): Promise<string> {
  if (template.data !== undefined) return template.data;
  const what = describe(template);
  const source = interpolate(template.source ?? "", options.hostLookup);
  const path = toHostPath(source, options.roots, `${what}: source`);
  await assertNoEscape(path, options.roots, `${what}: source`);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw toFileError(error, `read the source of ${what} from`, path);
  }
}

/** Puts a whole file in place: a task that looks meanwhile sees the old one or the new one. */
async function writeInto(
  path: string,
  { template, text }: RenderedTemplate,
  { roots }: WriteTemplatesOptions,
): Promise<void> {
  const { perms: mode } = template;
  const what = describe(template);
  await assertNoEscape(dirname(path), roots, what);
  try {
    await makeOpenFolder(dirname(path));
    await putInPlace(path, join(dirname(path), `.${randomUUID()}.new`), async (temporary) => {
      await writeFile(temporary, text, { mode, flag: "wx" });
      await giveTo(temporary, template);
      // The umask takes bits away from the mode above, and a new owner others.
      await chmod(temporary, mode);
    });
  } catch (error) {
    throw toFileError(error, `write ${what} to`, path);
  }
}

async function giveTo(path: string, template: Template): Promise<void> {
  const { uid = -1, gid = -1 } = template;
  if (uid === -1 && gid === -1) return;
  try {
    await chown(path, uid, gid);
  } catch (error) {
    throw new LongshoreError(
      "unauthorized",
      `${describe(template)}: its file cannot be given to ${uid}:${gid}`,
      {
        cause: error,
        hint: "Only root may give files away: run Longshore as root, or leave `uid` and `gid` out.",
      },
    );
  }
}
