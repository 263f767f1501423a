import { isIP } from "node:net";
import { UsageError } from "./usage-error.ts";

export interface AddressSources {
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The address to bind ports on: the flag, else `LONGSHORE_ADDRESS`, else undefined. Throws for what is no IP address. */
export function toHostAddress({ flag, env }: AddressSources): string | undefined {
  const [name, address] =
    flag === undefined ? ["LONGSHORE_ADDRESS", env.LONGSHORE_ADDRESS] : ["-address", flag];
  if (address === undefined || (address === "" && flag === undefined)) return undefined;
  if (isIP(address) !== 0) return address;
  throw new UsageError(`${name} takes an IP address of this machine, not "${address}"`, "Such as 127.0.0.1.");
}
