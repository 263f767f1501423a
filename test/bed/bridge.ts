import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { findTool } from "../../scripts/tools.mjs";

/** A network bridge of the machine, removed when disposed. */
export interface Bridge extends AsyncDisposable {
  readonly name: string;
  /** The machine's address on it. */
  readonly address: string;
}

const run = promisify(execFile);

/** Adds a bridge with a /24 of 10.213.0.0/16 that no interface of the machine has. Needs root. */
export async function addBridge(): Promise<Bridge> {
  const program = await findTool("ip");
  if (program === undefined)
    throw new Error("no `ip` on this machine; Debian and Ubuntu: apt-get install iproute2");
  const name = `ls-${randomBytes(4).toString("hex")}`;
  const address = freeAddress();
  await run(program, ["link", "add", "name", name, "type", "bridge"]);
  const bridge: Bridge = {
    name,
    address,
    async [Symbol.asyncDispose]() {
      await run(program, ["link", "delete", name]);
    },
  };
  try {
    await run(program, ["address", "add", `${address}/24`, "dev", name]);
    await run(program, ["link", "set", name, "up"]);
  } catch (error) {
    await bridge[Symbol.asyncDispose]();
    throw error;
  }
  return bridge;
}

function freeAddress(): string {
  const used = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (;;) {
    const prefix = `10.213.${randomBytes(1)[0]}.`;
    if (!used.some(({ address }) => address.startsWith(prefix))) return `${prefix}1`;
  }
}
