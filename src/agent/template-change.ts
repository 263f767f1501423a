import type { ChangeScript, Template } from "../jobfile/job.ts";
import { isLongshoreError, LongshoreError } from "../task/index.ts";
import type { TaskRun } from "./task-host.ts";
import { toLongshoreError } from "./to-error.ts";

/** What templates of a task that runs ask of its run. */
export type TemplateWish =
  | { readonly type: "restart"; readonly reason: string }
  | { readonly type: "fail"; readonly error: LongshoreError };

export interface ChangeOptions {
  readonly taskId: string;
  readonly signal: AbortSignal;
  wish(wish: TemplateWish): void;
}

/**
 * Does what the `change_mode` of templates that have changed says, after their splay: one restart for all, else each
 * signal once and every script. Never rejects.
 */
export async function applyChanges(
  run: TaskRun,
  changed: readonly Template[],
  options: ChangeOptions,
): Promise<void> {
  const { clock, random } = run.context;
  const acting = changed.filter(({ changeMode }) => changeMode !== "noop");
  const splayMs = Math.max(0, ...acting.map((template) => template.splayMs)) * random();
  if (splayMs > 0) await clock.sleep(splayMs, { signal: options.signal }).catch(() => undefined);
  if (options.signal.aborted) return;
  const restarting = acting.find(({ changeMode }) => changeMode === "restart");
  if (restarting !== undefined)
    return options.wish({ type: "restart", reason: `template ${restarting.destination} has changed` });
  const signals = acting.flatMap((one) => (one.changeMode === "signal" ? [one.changeSignal] : []));
  for (const name of new Set(signals)) await sendSignal(run, name, options);
  await runScripts(run, acting, options);
}

/** Runs the scripts of templates that have one. Never rejects. */
export async function runScripts(
  run: TaskRun,
  templates: readonly Template[],
  options: ChangeOptions,
): Promise<void> {
  const scripts = templates.flatMap(({ changeMode, changeScript }) =>
    changeMode === "script" && changeScript !== undefined ? [changeScript] : [],
  );
  await Promise.all(scripts.map((script) => runScript(run, script, options)));
}

async function sendSignal(
  { context, host }: TaskRun,
  name: string,
  { taskId, signal, wish }: ChangeOptions,
): Promise<void> {
  try {
    await context.driver.signalTask(taskId, name, { signal });
    host.emit({ type: "note" }, `sent ${name}: a template has changed`);
  } catch (thrown) {
    if (signal.aborted) return;
    const error = toLongshoreError(thrown);
    host.emit({ type: "note" }, `could not be sent ${name} for a changed template: ${error.message}`);
    // A task that ends, or an engine that is away, has the new file the next time.
    if (isLongshoreError(error, "invalid")) wish({ type: "fail", error });
  }
}

async function runScript(
  { context, host }: TaskRun,
  { command, args, timeoutMs, failOnError }: ChangeScript,
  { taskId, signal, wish }: ChangeOptions,
): Promise<void> {
  const fault = await context.driver
    .execTask(taskId, { command: [command, ...args], timeoutMs, signal })
    .then(({ exitCode }) => (exitCode === 0 ? undefined : `it ended with exit code ${exitCode}`))
    .catch((error: unknown) => toLongshoreError(error).message);
  if (signal.aborted) return;
  if (fault === undefined) {
    host.emit({ type: "note" }, `ran ${command}: a template has changed`);
    return;
  }
  const message = `change_script ${command} failed: ${fault}`;
  host.emit({ type: "note" }, message);
  if (failOnError)
    wish({ type: "fail", error: new LongshoreError("internal", message, { retryable: false }) });
}
