import type { ContainerInspect } from "../../engine/index.ts";
import { isLongshoreError, LongshoreError, unlessAborted } from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";
import { toPublishedPort } from "../container/ports.ts";
import type { DriverContext } from "../context.ts";
import type { ImageLease } from "../images/index.ts";
import { findPortHolder } from "../port-holders.ts";
import { Rollback } from "../rollback.ts";
import { type NetworkOptions, toNetworkName, toNetworkRequest, toPauseImage } from "./network-container.ts";

export type NetworkContext = Omit<DriverContext, "networks">;

/** A container that holds a group's network, and the hold on its image. */
export interface StartedNetwork {
  readonly container: ContainerInspect;
  readonly lease: ImageLease;
}

/**
 * Starts the container that holds a group's network; of one that fails nothing is left. Rejects with `conflict` and the
 * holder where a port is taken.
 */
export async function startNetwork(
  context: NetworkContext,
  allocId: string,
  options: NetworkOptions,
): Promise<StartedNetwork> {
  const { engine, leftovers, logger } = context;
  const { signal } = options;
  await using undo = new Rollback(logger);
  const lease = await acquireImage(context, signal);
  undo.add(() => lease.release());
  const name = toNetworkName(allocId);
  leftovers.forget(name);
  const parts = { image: lease.reference, host: toHost(context, options) };
  const creating = engine.createContainer(name, toNetworkRequest(allocId, parts, options));
  undo.add(async () => {
    await creating.catch(() => undefined);
    await leftovers.remove(name, allocId);
  });
  const { id } = await unlessAborted(creating, signal);
  await startContainer(context, id, { ...options, allocId });
  const container = await engine.inspectContainer(id, { signal });
  undo.keep();
  return { container, lease };
}

/** A group's network container, running or not; rejects with `conflict` when its name is taken by another. */
export async function findNetwork(
  { engine }: NetworkContext,
  allocId: string,
  signal: AbortSignal | undefined,
): Promise<ContainerInspect | undefined> {
  const name = toNetworkName(allocId);
  try {
    const found = await engine.inspectContainer(name, { signal });
    if (found.Config.Labels[allocIdLabel] === allocId) return found;
    throw new LongshoreError(
      "conflict",
      `the container name "${name}" is taken by one that is not of this allocation`,
    );
  } catch (error) {
    if (isLongshoreError(error, "not-found")) return undefined;
    throw error;
  }
}

function toHost({ hostOf, dangling }: NetworkContext, { owner }: NetworkOptions): string {
  if (owner === undefined) return dangling.onlyHost ?? "";
  const host = hostOf(owner);
  dangling.own(host);
  return host;
}

async function acquireImage(
  { images, agent, watch }: NetworkContext,
  signal: AbortSignal | undefined,
): Promise<ImageLease> {
  const { Architecture } = await watch.opened({ signal });
  const reference = agent.infra_image ?? toPauseImage(Architecture);
  try {
    return await images.acquire({ reference, pullTimeoutMs: agent.infra_image_pull_timeout, signal });
  } catch (error) {
    if (!isLongshoreError(error)) throw error;
    throw new LongshoreError(error.kind, `the group's network needs its infra image: ${error.message}`, {
      cause: error,
      retryable: error.retryable,
      hint: "Name another image in the docker driver's option infra_image; its command must run for ever.",
    });
  }
}

async function startContainer(
  { engine }: NetworkContext,
  id: string,
  { allocId, ports, signal }: NetworkOptions & { readonly allocId: string },
): Promise<void> {
  try {
    await unlessAborted(engine.startContainer(id), signal);
  } catch (error) {
    if (!isLongshoreError(error) || error.kind === "canceled") throw error;
    const holder = await findPortHolder(engine, (ports ?? []).map(toPublishedPort)).catch(() => undefined);
    if (holder === undefined) throw error;
    const { port, protocol, who } = holder;
    const where = `${port.hostIp || "0.0.0.0"}:${port.hostPort}/${protocol}`;
    const message = `allocation ${allocId}: port "${port.label}" cannot be bound: ${where} is in use by ${who}`;
    throw new LongshoreError("conflict", message, {
      cause: error,
      hint: `Stop ${who}, or use another port.`,
    });
  }
}
