import type { TaskRun } from "./task-host.ts";
import { applyChanges, type ChangeOptions, runScripts, type TemplateWish } from "./template-change.ts";
import { watchTemplates } from "./template-watch.ts";

/** The templates of a task while its container runs. */
export interface TaskTemplates extends Disposable {
  /** Aborted when a template has a wish. */
  readonly wishing: AbortSignal;
  /** What the first of them wishes. */
  wish(): TemplateWish | undefined;
}

/**
 * Keeps a running task's templates as the files are that they read, and does what their `change_mode` says. `isNew`:
 * the container was started just now. Disposing ends it.
 */
export function keepTemplates(run: TaskRun, taskId: string, isNew: boolean): TaskTemplates {
  const { context, host } = run;
  const wishing = new AbortController();
  const ended = new AbortController();
  let first: TemplateWish | undefined;
  const options: ChangeOptions = {
    taskId,
    signal: ended.signal,
    wish(wish) {
      first ??= wish;
      wishing.abort();
    },
  };

  async function keep(): Promise<void> {
    const templates = host.templates();
    const firstScripts = templates.filter(({ template }) => template.changeScript?.runOnFirstRender);
    if (isNew)
      await runScripts(
        run,
        firstScripts.map(({ template }) => template),
        options,
      );
    await watchTemplates(templates, {
      clock: context.clock,
      signal: ended.signal,
      rewrite: (template) => host.rewriteTemplate(template),
      onChange: (changed) => applyChanges(run, changed, options),
      onFault: ({ destination }, { message }) =>
        host.emit({ type: "note" }, `template ${destination} stays as it was: ${message}`),
    });
  }

  if (run.host.place().task.templates.length > 0) void keep();
  return {
    wishing: wishing.signal,
    wish: () => first,
    [Symbol.dispose]: () => ended.abort(),
  };
}
