import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findTool } from "../../../scripts/tools.mjs";
import { addBridge } from "../../bed/bridge.ts";

/**
 * A network as another machine would have it, on a wire to this one: what a program there does to interfaces, routes
 * and packet filters leaves this machine's alone.
 */
export interface NetworkNamespace extends AsyncDisposable {
  /** Its address on the wire. */
  readonly address: string;
  /** This machine's. */
  readonly hostAddress: string;
  /** The words before a command that is to run there. */
  readonly enter: readonly string[];
}

const run = promisify(execFile);

/** Makes one. Needs root. */
export async function addNetworkNamespace(): Promise<NetworkNamespace> {
  const ip = (await findTool("ip")) ?? "ip";
  const bridge = await addBridge();
  const { name } = bridge;
  const address = bridge.address.replace(/\.1$/, ".2");
  const namespace: NetworkNamespace = {
    address,
    hostAddress: bridge.address,
    enter: ["nsenter", `--net=/run/netns/${name}`],
    async [Symbol.asyncDispose]() {
      await run(ip, ["netns", "delete", name]).catch(() => undefined);
      await bridge[Symbol.asyncDispose]();
    },
  };
  try {
    await run(ip, ["netns", "add", name]);
    await run(ip, ["link", "add", `${name}-w`, "type", "veth", "peer", "name", "wire", "netns", name]);
    await run(ip, ["link", "set", `${name}-w`, "master", name, "up"]);
    await run(ip, ["-netns", name, "link", "set", "lo", "up"]);
    await run(ip, ["-netns", name, "address", "add", `${address}/24`, "dev", "wire"]);
    await run(ip, ["-netns", name, "link", "set", "wire", "up"]);
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
  return namespace;
}
