import { setTimeout as pause } from "node:timers/promises";
import { callEngineOk } from "../bed/index.ts";

/** Writes a thousand numbered lines a second until `/local/stop` is there, and then `end`. */
export const numberedLines =
  "n=0; until [ -e /local/stop ]; do i=0; while [ $i -lt 20 ]; do i=$((i+1)); n=$((n+1)); echo line $n; done; " +
  "sleep 0.02; done; echo end";

/** What is wrong with the output of {@link numberedLines}: undefined when each line came once and in order. */
export function faultOf(output: string): string | undefined {
  const lines = output.split("\n");
  const last = lines.pop();
  const end = lines.pop();
  if (last !== "" || end !== "end") return `it ends with "${end}" and "${last}"`;
  const wrong = lines.findIndex((line, n) => line !== `line ${n + 1}`);
  return wrong < 0 ? undefined : `after line ${wrong} comes "${lines[wrong]}"`;
}

export interface EngineTraces {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly images: readonly string[];
}

/** All that an engine of the test's own has, its own three networks aside. */
export async function listTraces(socket: string): Promise<EngineTraces> {
  const get = async <T>(path: string) => (await callEngineOk(socket, "GET", path)) as T;
  const containers = await get<{ Names: string[]; State: string }[]>("/containers/json?all=true");
  const networks = await get<{ Name: string }[]>("/networks");
  const { Volumes } = await get<{ Volumes: { Name: string }[] | null }>("/volumes");
  const images = await get<{ RepoTags: string[] | null; Id: string }[]>("/images/json");
  return {
    containers: containers.map(({ Names, State }) => `${Names[0]} ${State}`),
    networks: networks.map(({ Name }) => Name).filter((name) => !["bridge", "host", "none"].includes(name)),
    volumes: (Volumes ?? []).map(({ Name }) => Name),
    images: images.flatMap(({ RepoTags, Id }) => RepoTags ?? [Id]).sort(),
  };
}

/** Lets so much time go by, in which something is to go wrong. */
export async function afterMs(ms: number): Promise<void> {
  await pause(ms);
}
