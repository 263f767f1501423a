import { randomUUID } from "node:crypto";
import { callEngineOk } from "../../scripts/engine-api.mjs";
import { importImage, removeImage } from "../../test/bed/images.ts";
import type { CaseOptions } from "./cases.ts";

/** Starts containers that have nothing to do with Nomad; disposing removes them. */
export async function startOthers(
  { socket, signal }: Pick<CaseOptions, "socket" | "signal">,
  count: number,
): Promise<AsyncDisposable> {
  const ids: string[] = [];
  const image = await importImage(socket, { name: "longshore-bench/others", tag: randomUUID().slice(0, 8) });
  const others = {
    async [Symbol.asyncDispose]() {
      for (const id of ids) await callEngineOk(socket, "DELETE", `/containers/${id}?force=true&v=true`);
      await removeImage(socket, image);
    },
  };
  try {
    while (ids.length < count) {
      signal.throwIfAborted();
      const body = { Image: image, Cmd: ["sleep", "100000"], HostConfig: { NetworkMode: "none" } };
      const made = (await callEngineOk(socket, "POST", "/containers/create", { body })) as { Id: string };
      ids.push(made.Id);
      await callEngineOk(socket, "POST", `/containers/${made.Id}/start`);
    }
  } catch (error) {
    await others[Symbol.asyncDispose]();
    throw error;
  }
  return others;
}
