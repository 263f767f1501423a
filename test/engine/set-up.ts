import type { CreateRequest, Engine, EngineOptions } from "../../src/engine/index.ts";
import { createEngine } from "../../src/engine/index.ts";
import { bed } from "../bed/index.ts";

/** A client of the bed's engine. */
export function openEngine(options: Partial<EngineOptions> = {}): Engine {
  return createEngine({ endpoint: `unix://${bed().socket}`, ...options });
}

/** A container of the bed's image that runs a shell script; removed when disposed. */
export async function startContainer(
  engine: Engine,
  script: string,
  request: Partial<CreateRequest> = {},
): Promise<AsyncDisposable & { readonly id: string; readonly name: string }> {
  const { image, runLabel } = bed();
  const name = `longshore-test-engine-${crypto.randomUUID()}`;
  const { id } = await engine.createContainer(name, {
    Image: image,
    Cmd: ["sh", "-c", script],
    Labels: { [runLabel.key]: runLabel.value },
    HostConfig: { NetworkMode: "none" },
    ...request,
  });
  try {
    await engine.startContainer(id);
  } catch (error) {
    await engine.removeContainer(id, { force: true });
    throw error;
  }
  return {
    id,
    name,
    async [Symbol.asyncDispose]() {
      await openEngine().removeContainer(id, { force: true });
    },
  };
}

/** All of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The items of a stream of batches, one by one. */
export async function* eachOf<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}

export function toText(pieces: readonly { readonly data: Uint8Array }[]): string {
  return Buffer.concat(pieces.map(({ data }) => data)).toString("utf8");
}

/** The error a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
