import type { TaskGroup } from "../jobfile/job.ts";
import type { LongshoreError } from "../task/index.ts";
import { describeOwner, listPorts, type PortSlot, withPorts } from "./alloc-ports.ts";
import type { JobScope } from "./job-scope.ts";
import { isPortFree, portTaken } from "./port-allocator.ts";
import type { AllocRecord } from "./run-record.ts";
import { toAllocName } from "./task-place.ts";

interface PortsOwner {
  readonly scope: JobScope;
  readonly group: TaskGroup;
  readonly record: AllocRecord;
}

// Docker answers 500 for a taken port and tells only in words.
const portWords = /port is already allocated|address already in use|ports? (?:are|is) not available/i;

/**
 * After a failed start or network: chooses other ports in place of dynamic ones that something took between their
 * choice and the engine's binding. False when it was not that, or when other tasks know the port already. A static
 * port that was taken rejects with `conflict` and its holder.
 */
export async function replaceTakenPorts(
  owner: PortsOwner,
  task: string | undefined,
  error: LongshoreError,
): Promise<boolean> {
  const { scope, group, record } = owner;
  if (!error.retryable && !portWords.test(error.message)) return false;
  const concerned = listPorts(record.ports).filter((slot) => slot.task === task || slot.task === undefined);
  const taken = await findTaken(concerned, error);
  const fixed = taken.find((slot) => isStatic(group, slot));
  const allocName = toAllocName(scope.job, group.name, record.index);
  if (fixed !== undefined)
    throw await portTaken(fixed.value, describeOwner(fixed, allocName), { cause: error });
  const known = Object.entries(record.tasks).some(([name, other]) => name !== task && other.handle !== null);
  if (taken.length === 0 || known) return false;
  const replaced = new Map<string, number>();
  for (const slot of taken)
    replaced.set(slotKey(slot), await scope.ports.take(slot.address, describeOwner(slot, allocName)));
  record.ports = withPorts(record.ports, (slot) => replaced.get(slotKey(slot)) ?? slot.value);
  for (const slot of taken) scope.ports.release(slot.value);
  await scope.save();
  return true;
}

/** By looking; an engine without a proxy for ports binds none, and then its words name the port. */
async function findTaken(slots: readonly PortSlot[], error: LongshoreError): Promise<readonly PortSlot[]> {
  const looked = await Promise.all(
    slots.map(async (slot) => ({ slot, free: await isPortFree(slot.value, slot.address) })),
  );
  const seen = looked.filter(({ free }) => !free).map(({ slot }) => slot);
  if (seen.length > 0 || !portWords.test(error.message)) return seen;
  return slots.filter((slot) => new RegExp(`\\b${slot.value}\\b`).test(error.message));
}

function isStatic(group: TaskGroup, slot: PortSlot): boolean {
  if (slot.task === undefined)
    return (
      group.network?.ports.some((port) => port.label === slot.label && port.static !== undefined) ?? false
    );
  const network = group.tasks.find(({ name }) => name === slot.task)?.resources.network;
  const ports = [...(network?.reservedPorts ?? []), ...(network?.dynamicPorts ?? [])];
  return ports.some((port) => port.label === slot.label && port.static !== undefined);
}

function slotKey(slot: PortSlot): string {
  return `${slot.task ?? ""}/${slot.label}`;
}
