import { randomUUID } from "node:crypto";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Template } from "../jobfile/job.ts";
import { LongshoreError } from "../task/index.ts";
import type { AgentEventDetail } from "./agent.ts";
import { interpolate, type Lookup } from "./interpolate.ts";
import { assertNoEscape, makeOpenFolder, readTaskFile, type TaskRoots, toHostPath } from "./safe-path.ts";
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

/** Renders templates into the task's folder, in order; answers what those with `env = true` add to the environment. */
export async function writeTemplates(
  templates: readonly Template[],
  options: WriteTemplatesOptions,
): Promise<Readonly<Record<string, string>>> {
  const variables: Record<string, string> = {};
  for (const template of templates) {
    const destination = interpolate(template.destination, options.hostLookup);
    const what = `template "${template.destination}"`;
    options.emit(
      { type: "preparing", step: "template", what: template.destination },
      `rendering ${template.destination}`,
    );
    const text = await options.render({
      text: await readTemplate(template, options, what),
      leftDelimiter: template.leftDelimiter,
      rightDelimiter: template.rightDelimiter,
      env: options.env.env,
      name: template.destination,
      readFile: (path) => readTaskFile(path, options.roots),
    });
    await writeInto(toHostPath(destination, options.roots, what), text, template.perms, options.roots, what);
    if (template.env) Object.assign(variables, parseEnvFile(text, what));
  }
  return variables;
}

async function readTemplate(
  template: Template,
  options: WriteTemplatesOptions,
  what: string,
): Promise<string> {
  if (template.data !== undefined) return template.data;
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
  text: string,
  mode: number,
  roots: TaskRoots,
  what: string,
): Promise<void> {
  await assertNoEscape(dirname(path), roots, what);
  const temporary = join(dirname(path), `.${randomUUID()}.new`);
  try {
    await makeOpenFolder(dirname(path));
    await writeFile(temporary, text, { mode, flag: "wx" });
    // The umask takes bits away from the mode above.
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toFileError(error, `write ${what} to`, path);
  }
}

/**
 * `KEY=value` lines as a template with `env = true` gives them: empty lines and `#` comments are skipped, `export`
 * and one pair of quotes are dropped. Throws `invalid` with the line that is none of these.
 */
export function parseEnvFile(text: string, what: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^(?:export\s+)?([^\s=]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new LongshoreError("invalid", `${what}: line ${index + 1} of its output is not KEY=value`, {
        hint: "With env = true each line of the rendered text sets one variable.",
      });
    variables[name] = unquote(value);
  }
  return variables;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquote(value: string): string {
  const [, single] = /^'([^']*)'(?:\s+#.*)?$/.exec(value) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"((?:[^"\\]|\\.)*)"(?:\s+#.*)?$/.exec(value) ?? [];
  if (double === undefined) return value.replace(/\s+#.*$/, "");
  return double.replaceAll(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}
