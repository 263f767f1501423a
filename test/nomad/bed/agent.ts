import { type ClientOptions, NomadClient } from "./client.ts";
import { NomadServer } from "./server.ts";

/** A server and one client of it. */
export interface NomadAgent extends AsyncDisposable {
  readonly server: NomadServer;
  readonly client: NomadClient;
}

/** Resolves when the client's node is ready and its docker driver healthy. */
export async function startNomadAgent(options: ClientOptions): Promise<NomadAgent> {
  const { network } = options;
  const place = network && { address: network.hostAddress, enter: [] };
  const server = await NomadServer.start({ place });
  try {
    const client = await NomadClient.start(server, options);
    return {
      server,
      client,
      async [Symbol.asyncDispose]() {
        try {
          await client[Symbol.asyncDispose]();
        } finally {
          await server[Symbol.asyncDispose]();
        }
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
