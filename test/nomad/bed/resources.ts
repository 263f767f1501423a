import type { AllocStub } from "./allocations.ts";
import type { NomadServer } from "./server.ts";

export interface AllocPort {
  readonly Label: string;
  readonly Value: number;
}

/** What an allocation has been given of its node. */
export interface AllocResources {
  readonly Shared: { readonly Ports: readonly (AllocPort & { readonly HostIP: string })[] | null };
  readonly Tasks: Readonly<
    Record<
      string,
      {
        readonly Cpu: { readonly ReservedCores: readonly number[] | null };
        readonly Networks: readonly { readonly DynamicPorts: readonly AllocPort[] }[] | null;
      }
    >
  >;
}

export async function readResources(server: NomadServer, { ID }: AllocStub): Promise<AllocResources> {
  type Alloc = { readonly AllocatedResources: AllocResources };
  return (await server.api.get<Alloc>(`/v1/allocation/${ID}`)).AllocatedResources;
}
