import type { Artifact } from "../../jobfile/job.ts";
import { LongshoreError } from "../../task/index.ts";
import type { Lookup } from "../interpolate.ts";
import type { TaskRoots } from "../safe-path.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

export interface FetchArtifactOptions {
  readonly roots: TaskRoots;
  readonly lookup: Lookup;
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
}

export async function fetchArtifact(artifact: Artifact, _options: FetchArtifactOptions): Promise<void> {
  throw new LongshoreError("invalid", `artifact ${artifact.source}: not yet`);
}
