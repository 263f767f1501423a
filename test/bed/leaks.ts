import { callEngineOk } from "../../scripts/engine-api.mjs";
import type { Bed } from "./facts.ts";

interface Container {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

type Run = Pick<Bed, "socket" | "image" | "registryHost" | "runLabel">;

/** Label of the container that keeps the run's image from being removed; it is no leak. */
export const guardLabel = "longshore-test.guard";

/** Containers that the run has left: those with its label, its image or an image of its registry. */
export async function findLeaks(run: Run): Promise<readonly Container[]> {
  const all = (await callEngineOk(run.socket, "GET", "/containers/json?all=true")) as Container[];
  return all.filter(
    (container) =>
      container.Labels[guardLabel] === undefined &&
      (container.Labels[run.runLabel.key] === run.runLabel.value ||
        container.Image === run.image ||
        container.Image.startsWith(`${run.registryHost}/`)),
  );
}

/** Removes containers and says in one error which ones were left; resolves when there are none. */
export async function refuseLeaks(run: Run): Promise<void> {
  const leaks = await findLeaks(run);
  for (const { Id } of leaks) {
    await callEngineOk(run.socket, "DELETE", `/containers/${Id}?force=true&v=true`);
  }
  if (leaks.length === 0) return;
  const lines = leaks.map(({ Names, Image, State }) => `  ${Names.join(",")} (${Image}, ${State})`);
  throw new Error(
    `the tests left ${leaks.length} container(s) behind (removed just now):\n${lines.join("\n")}`,
  );
}
