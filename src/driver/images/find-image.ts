import type { Engine, ImageInspect } from "../../engine/index.ts";
import type { CallOptions } from "../../task/index.ts";
import { isLongshoreError } from "../../task/index.ts";

/** The image that a reference (or an id) names on the engine; undefined when there is none. */
export async function findImage(
  engine: Engine,
  reference: string,
  { signal }: CallOptions = {},
): Promise<ImageInspect | undefined> {
  try {
    return await engine.inspectImage(reference, { signal });
  } catch (error) {
    if (isLongshoreError(error, "not-found")) return undefined;
    throw error;
  }
}
