import { toTaskDirs } from "../task/index.ts";
import type { AgentEventDetail } from "./agent.ts";
import type { AgentContext } from "./agent-options.ts";
import { describeSource } from "./artifacts/artifact-source.ts";
import { fetchArtifact } from "./artifacts/fetch-artifact.ts";
import type { TaskRoots } from "./safe-path.ts";
import type { TaskEnv } from "./task-env.ts";
import { type TaskPlace, toAllocDir, toTaskEnv } from "./task-place.ts";
import { writeTemplates } from "./write-templates.ts";

/** A task whose folder is filled. */
export interface PreparedTask {
  readonly env: TaskEnv;
}

export interface PrepareOptions {
  readonly signal: AbortSignal;
  /** Artifacts are there from an earlier start. */
  readonly fetched: boolean;
  emit(detail: AgentEventDetail, message: string): void;
}

/** Fetches a task's artifacts, renders its templates, and builds its environment. */
export async function prepareTask(
  context: AgentContext,
  place: TaskPlace,
  { signal, fetched, emit }: PrepareOptions,
): Promise<PreparedTask> {
  const allocDir = toAllocDir(place.settings, place.alloc.id);
  const { sharedAllocDir, taskDir, localDir, secretsDir } = toTaskDirs({ allocDir, name: place.task.name });
  const roots: TaskRoots = { taskDir, sharedDir: sharedAllocDir };
  // Destinations name folders of this machine where the task's own strings name the container's.
  const hostDirs = { alloc: sharedAllocDir, task: localDir, secrets: secretsDir };
  const hostLookup = toTaskEnv(place, {}, hostDirs).lookup;
  for (const artifact of fetched ? [] : place.task.artifacts) {
    const what = describeSource(artifact.source);
    emit({ type: "preparing", step: "artifact", what }, `fetching ${what}`);
    await fetchArtifact(artifact, { roots, lookup: hostLookup, limits: context.artifactLimits, signal });
  }
  if (place.task.templates.length === 0) return { env: toTaskEnv(place, {}) };
  const templateEnv = await writeTemplates(place.task.templates, {
    roots,
    hostLookup,
    env: toTaskEnv(place, {}),
    render: context.renderTemplate,
    emit,
  });
  return { env: toTaskEnv(place, templateEnv) };
}
