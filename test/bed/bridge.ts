import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
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
  const address = await freeAddress(program);
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

/** Node lists only interfaces that are up. */
async function freeAddress(program: string): Promise<string> {
  const { stdout } = await run(program, ["-oneline", "-4", "address"]);
  for (;;) {
    const prefix = `10.213.${randomBytes(1)[0]}.`;
    if (!stdout.includes(` ${prefix}`)) return `${prefix}1`;
  }
}
