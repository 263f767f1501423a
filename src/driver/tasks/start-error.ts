import { isLongshoreError, LongshoreError, OptionsError, type TaskConfig } from "../../task/index.ts";
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

/** An error of making or starting a task's container, with what the reader needs to mend it. */
export async function toStartError(
  context: DriverContext,
  { plan, task, step }: FailedStep,
  error: unknown,
): Promise<unknown> {
  if (!isLongshoreError(error) || error.kind === "canceled" || error instanceof OptionsError) return error;
  // The engine has no status of its own for a port that is taken.
  const holder =
    error.kind === "internal"
      ? await findPortHolder(context.engine, plan.ports).catch(() => undefined)
      : undefined;
  if (holder !== undefined) {
    const { port, protocol, who } = holder;
    const where = `${port.hostIp || "0.0.0.0"}:${port.hostPort}/${protocol}`;
    const message = `task "${task.name}": port "${port.label}" cannot be bound: ${where} is in use by ${who} (${error.message})`;
    const hint = `Stop ${who}, or give the port another number.`;
    return new LongshoreError("conflict", message, { cause: error, hint });
  }
  const { kind, retryable } = error;
  const secrets = { env: task.env, password: plan.options.auth.password };
  const message = withoutSecrets(error.message, secrets);
  const hint = withoutSecrets(error.hint ?? toHint(error, plan, step) ?? "", secrets) || undefined;
  // A cause with a secret in it would be shown where causes are.
  const cause = message === error.message ? error : undefined;
  return new LongshoreError(kind, `task "${task.name}": ${message}`, { cause, hint, retryable });
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
