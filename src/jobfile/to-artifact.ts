import { posix } from "node:path";
import type { Findings } from "./findings.ts";
import type { Artifact } from "./job.ts";
import type { TaskSchema } from "./job-schema.ts";
import { type Read, requireText } from "./read-block.ts";

/** An artifact with its defaults: a single file goes into `local` under its own name. */
export function toArtifact(artifact: Read<TaskSchema>["artifact"][number], findings: Findings): Artifact {
  const { source: from = "", mode } = artifact;
  requireText(artifact, "source", "what to fetch", findings);
  return {
    source: from,
    destination: artifact.destination || (mode === "file" ? `local/${toFileName(from)}` : "local/"),
    options: artifact.options ?? {},
    headers: artifact.headers ?? {},
    insecure: artifact.insecure,
    mode,
  };
}

function toFileName(from: string): string {
  return posix.basename(from.replace(/[?#].*$/, ""));
}
