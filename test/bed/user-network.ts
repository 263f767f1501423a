import { randomInt, randomUUID } from "node:crypto";
import { callEngine, callEngineOk } from "../../scripts/engine-api.mjs";
import { bed } from "./facts.ts";

/** A network of the engine that somebody made, removed when disposed. */
export interface UserNetwork extends AsyncDisposable {
  readonly name: string;
  /** What its addresses begin with, up to the last dot or colon. */
  readonly prefix: { readonly v4: string; readonly v6: string };
}

/** Makes one with addresses of both kinds, of ranges that few machines use. */
export async function addUserNetwork(): Promise<UserNetwork> {
  const name = `longshore-test-${randomUUID().slice(0, 8)}`;
  // A part that is 0 would be left out where addresses are told.
  const third = randomInt(1, 256);
  const prefix = { v4: `10.212.${third}.`, v6: `fd00:5e5:${third}::` };
  const config = [{ Subnet: `${prefix.v4}0/24` }, { Subnet: `${prefix.v6}/64` }];
  const { key, value } = bed().runLabel;
  const body = { Name: name, EnableIPv6: true, IPAM: { Config: config }, Labels: { [key]: value } };
  await callEngineOk(bed().socket, "POST", "/networks/create", { body });
  return {
    name,
    prefix,
    async [Symbol.asyncDispose]() {
      await callEngine(bed().socket, "DELETE", `/networks/${name}`);
    },
  };
}
