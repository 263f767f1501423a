import { checkSignal } from "./check-signal.ts";
import type { Findings } from "./findings.ts";
import type { Template } from "./job.ts";
import type { TaskSchema } from "./job-schema.ts";
import { placeOf, type Read, source } from "./read-block.ts";

type ReadTemplate = Read<TaskSchema>["template"][number];

/** A template with its defaults, checked where its keys depend on each other. */
export function toTemplate(template: ReadTemplate, findings: Findings): Template {
  checkText(template, findings);
  checkChangeMode(template, findings);
  return {
    data: template.data,
    source: template.source === "" ? undefined : template.source,
    destination: template.destination ?? "",
    changeMode: template.change_mode,
    changeSignal: template.change_signal.toUpperCase() || "SIGHUP",
    changeScript: toChangeScript(template.change_script),
    once: template.once,
    splayMs: template.splay,
    wait: toWait(template.wait, findings),
    env: template.env,
    perms: toPerms(template, findings),
    uid: toOwner(template.uid),
    gid: toOwner(template.gid),
    leftDelimiter: template.left_delimiter || "{{",
    rightDelimiter: template.right_delimiter || "}}",
    missingKeyIsError: template.error_on_missing_key,
  };
}

function checkText(template: ReadTemplate, findings: Findings): void {
  const block = template[source];
  const hasData = template.data !== undefined;
  const hasSource = template.source !== undefined && template.source !== "";
  const failed = block.attributes.data?.bad || block.attributes.source?.bad;
  if (!failed && hasData === hasSource) {
    const what = hasData ? "has both" : "has neither";
    findings.error(
      block.place,
      "Invalid template",
      `A template has either "data" or "source"; this one ${what}.`,
    );
  }
  if (!template.destination && block.attributes.destination?.bad !== true) {
    findings.error(
      placeOf(block, "destination"),
      "Missing required argument",
      '"destination" is required here: where the rendered text goes, such as "local/app.conf".',
    );
  }
}

function checkChangeMode(template: ReadTemplate, findings: Findings): void {
  const { change_mode: mode } = template;
  const block = template[source];
  checkSignal(template.change_signal, placeOf(block, "change_signal"), findings);
  if (mode === "script" && template.change_script === undefined) {
    findings.error(
      block.place,
      "Missing required block",
      'change_mode = "script" needs a change_script block with the command to run in the task.',
    );
  }
  if (template.env && (mode === "signal" || mode === "script")) {
    findings.error(
      placeOf(block, "change_mode"),
      "Invalid template",
      `A task sees a changed environment when it starts anew: with env = true, "change_mode" is "restart" or "noop", not "${mode}".`,
    );
  }
}

function toChangeScript(script: ReadTemplate["change_script"]): Template["changeScript"] {
  if (script === undefined) return undefined;
  return {
    command: script.command ?? "",
    args: script.args ?? [],
    timeoutMs: script.timeout,
    failOnError: script.fail_on_error,
    runOnFirstRender: script.run_on_first_render,
  };
}

/** As consul-template does, four times the least is the most when only that is given. */
function toWait(wait: ReadTemplate["wait"], findings: Findings): Template["wait"] {
  if (wait === undefined) return undefined;
  const minMs = wait.min ?? 0;
  const maxMs = wait.max ?? 4 * minMs;
  if (maxMs < minMs)
    findings.error(placeOf(wait[source], "max"), "Invalid wait", '"max" must not be less than "min".');
  return { minMs, maxMs };
}

/** -1 is as good as nothing: the file belongs to whoever writes it. */
function toOwner(id: number | undefined): number | undefined {
  return id === -1 ? undefined : id;
}

function toPerms(template: ReadTemplate, findings: Findings): number {
  if (template.perms === "") return 0o644;
  if (/^[0-7]{3,4}$/.test(template.perms)) return Number.parseInt(template.perms, 8);
  findings.error(
    placeOf(template[source], "perms"),
    "Invalid permissions",
    `"perms" must be an octal mode such as "0644", not "${template.perms}".`,
  );
  return 0o644;
}
