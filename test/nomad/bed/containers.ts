import { callEngine, callEngineOk } from "../../../scripts/engine-api.mjs";
import type { AllocStub } from "./allocations.ts";

/** What a test may want to know of a container. */
export interface ContainerFacts {
  readonly Id: string;
  /** With a slash before it. */
  readonly Name: string;
  readonly State: { readonly Running: boolean; readonly StartedAt: string; readonly Pid: number };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Config: {
    readonly Env: readonly string[];
    readonly User: string;
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
  };
}

/** An allocation's containers, ended ones too. */
export async function findContainers(socket: string, allocId: string): Promise<readonly ContainerFacts[]> {
  const filters = JSON.stringify({ label: [`com.hashicorp.nomad.alloc_id=${allocId}`] });
  const query = new URLSearchParams({ all: "true", filters });
  const all = (await callEngineOk(socket, "GET", `/containers/json?${query}`)) as { Id: string }[];
  const found = await Promise.all(all.map(({ Id }) => callEngine(socket, "GET", `/containers/${Id}/json`)));
  // Between the two calls one may have been removed.
  return found.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body) as ContainerFacts);
}

/** The one container of an allocation. */
export async function findContainer(socket: string, alloc: AllocStub): Promise<ContainerFacts> {
  const [container, ...more] = await findContainers(socket, alloc.ID);
  if (container === undefined || more.length > 0)
    throw new Error(`allocation ${alloc.ID} has ${container === undefined ? "no" : "several"} containers`);
  return container;
}
