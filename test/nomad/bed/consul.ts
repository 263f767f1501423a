import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/**
 * The little of a Consul agent that a Nomad agent asks for to keep services with script checks: it runs these in the
 * task and tells Consul how they went.
 */
export interface Consul extends AsyncDisposable {
  /** Host and port. */
  readonly address: string;
  /** Resolves when the check of this name is told to be in this state; answers what the check had written. */
  untilTold(name: string, status: CheckStatus): Promise<string>;
}

export type CheckStatus = "passing" | "warning" | "critical";

interface Check {
  readonly CheckID: string;
  readonly Name: string;
  readonly Status?: string;
  readonly Output?: string;
}

/** Starts one on loopback. */
export async function startConsul(): Promise<Consul> {
  const services = new Map<string, object>();
  const checks = new Map<string, Check>();
  const told = new EventTarget();

  const answers: Readonly<Record<string, (id: string, body: never) => unknown>> = {
    "GET self": () => ({
      Config: { Version: "1.20.0", Server: true, NodeName: "bed", Datacenter: "dc1" },
      Member: { Tags: {} },
    }),
    "GET services": () => Object.fromEntries(services),
    "GET checks": () => Object.fromEntries(checks),
    "PUT service/register": (_, service: { readonly ID: string; readonly Name: string }) =>
      services.set(service.ID, { ...service, Service: service.Name }),
    "PUT service/deregister": (id) => services.delete(id),
    "PUT check/register": (_, { ID, ...check }: { readonly ID: string; readonly Name: string }) =>
      checks.set(ID, { ...check, CheckID: ID }),
    "PUT check/deregister": (id) => checks.delete(id),
    "PUT check/update": (id, update: Pick<Check, "Status" | "Output">) => {
      const check = checks.get(id);
      if (check !== undefined) checks.set(id, { ...check, ...update });
      told.dispatchEvent(new Event("told"));
    },
  };
  const answer = async (request: IncomingMessage) => {
    const { pathname } = new URL(request.url ?? "", "http://consul");
    const [, what = "", id = ""] =
      /^\/v1\/agent\/(self|services|checks|\w+\/\w+)\/?(.*)$/.exec(pathname) ?? [];
    const body = await text(request);
    return answers[`${request.method} ${what}`]?.(id, (body === "" ? {} : JSON.parse(body)) as never);
  };

  const server = createServer(async (request, response) => {
    const found = await answer(request);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async untilTold(name, status) {
      for (;;) {
        const found = [...checks.values()].find((check) => check.Name === name && check.Status === status);
        if (found !== undefined) return found.Output ?? "";
        await once(told, "told");
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
