import { isLongshoreError, LongshoreError, OptionsError, type TaskConfig } from "../../task/index.ts";
import { type Blame, findBlame } from "../container/blame/blame.ts";
import { isUserNetwork } from "../container/network.ts";
import type { ContainerPlan } from "../container/plan-container.ts";
import type { DriverContext } from "../context.ts";
import { findPortHolder } from "../port-holders.ts";
import { withoutSecrets } from "../without-secrets.ts";

/** What failed: the container of a task while it was made or started. */
export interface FailedStep {
  readonly plan: ContainerPlan;
  readonly task: TaskConfig;
  readonly step: "create" | "start";
}

/**
 * An error of making or starting a task's container, with what the reader needs to mend it: the key that the engine's
 * words are about, where that can be known, and whether trying again may help.
 */
export async function toStartError(
  context: DriverContext,
  failed: FailedStep,
  error: unknown,
): Promise<unknown> {
  if (!isLongshoreError(error) || error.kind === "canceled" || error instanceof OptionsError) return error;
  const blame = toBlame(error, failed.plan);
  // The engine has no status of its own for a port that is taken.
  const mayBePort = error.kind === "internal" && (blame === undefined || blame.kind === "conflict");
  return (mayBePort && (await toPortError(context, failed, error))) || toTaskError(failed, error, blame);
}

/** Only what an engine has answered is about a key; what has a hint already is known for something else. */
function toBlame({ kind, hint, message }: LongshoreError, plan: ContainerPlan): Blame | undefined {
  if (kind === "unavailable" || kind === "timeout" || hint !== undefined) return undefined;
  return findBlame(message.replace(/^Cannot [^:]*: /, ""), plan);
}

async function toPortError(
  { engine }: DriverContext,
  { plan, task }: FailedStep,
  error: LongshoreError,
): Promise<LongshoreError | undefined> {
  const holder = await findPortHolder(engine, plan.ports).catch(() => undefined);
  if (holder === undefined) return undefined;
  const { port, protocol, who } = holder;
  const where = `${port.hostIp || "0.0.0.0"}:${port.hostPort}/${protocol}`;
  const message = `task "${task.name}": port "${port.label}" cannot be bound: ${where} is in use by ${who} (${error.message})`;
  const hint = `Stop ${who}, or give the port another number.`;
  return new LongshoreError("conflict", message, { cause: error, hint });
}

function toTaskError(
  { plan, task, step }: FailedStep,
  error: LongshoreError,
  blame: Blame | undefined,
): LongshoreError {
  const subject = `task "${task.name}"`;
  const secrets = { env: task.env, password: plan.options.auth.password };
  const message = withoutSecrets(error.message, secrets);
  const hint =
    withoutSecrets(error.hint ?? blame?.hint ?? toHint(error, plan, step) ?? "", secrets) || undefined;
  // A cause with a secret in it would be shown where causes are.
  const cause = message === error.message ? error : undefined;
  if (blame === undefined) {
    const { kind, retryable } = error;
    return new LongshoreError(kind, `${subject}: ${message}`, { cause, hint, retryable });
  }
  const { path, kind = "invalid" } = blame;
  if (kind === "invalid") return new OptionsError(subject, [{ path, message, hint }], { cause });
  return new LongshoreError(kind, `${subject}: ${path.join(".")}: ${message}`, { cause, hint });
}

function toHint(error: LongshoreError, plan: ContainerPlan, step: FailedStep["step"]): string | undefined {
  const [, neighbour] = /^container:(.*)$/.exec(plan.networkMode) ?? [];
  if (error.kind === "not-found" && neighbour !== undefined)
    return `Is there a container "${neighbour}"? \`docker ps --all\` shows them.`;
  if (error.kind === "not-found" && isUserNetwork(plan.networkMode)) {
    return `Is there a network "${plan.networkMode}"? \`docker network ls\` shows them.`;
  }
  if (error.kind !== "invalid" || step !== "start") return undefined;
  const command = plan.request.Entrypoint ?? plan.request.Cmd;
  const first = command === undefined ? "the image's own command" : `"${command[0]}"`;
  return `Check that ${first} exists in the image, and the task's command, args, entrypoint, user and work_dir.`;
}
