import { toTaskDirs } from "../task/index.ts";
import type { AgentEventDetail } from "./agent.ts";
import type { AgentContext } from "./agent-options.ts";
import { describeSource } from "./artifacts/source-fault.ts";
import type { TaskEnv } from "./task-env.ts";
import { type TaskPlace, toAllocDir, toTaskEnv } from "./task-place.ts";
import {
  type RenderedTemplate,
  toTemplateEnv,
  type WriteTemplatesOptions,
  writeTemplates,
} from "./write-templates.ts";

/** A task whose folder is filled. */
export interface PreparedTask {
  readonly env: TaskEnv;
  readonly templates: readonly RenderedTemplate[];
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
  const { roots, hostLookup } = toHostFolders(place);
  for (const artifact of fetched ? [] : place.task.artifacts) {
    const what = describeSource(artifact.source);
    emit({ type: "preparing", step: "artifact", what }, `fetching ${what}`);
    // Most tasks have none, and do not wait until all that unpacks archives is loaded.
    const { fetchArtifact } = await import("./artifacts/fetch-artifact.ts");
    await fetchArtifact(artifact, { roots, lookup: hostLookup, limits: context.artifactLimits, signal });
  }
  const templates = await writeTemplates(place.task.templates, toTemplateOptions(context, place, emit));
  return { env: toTaskEnv(place, toTemplateEnv(templates)), templates };
}

/** What the templates of a task are rendered with. */
export function toTemplateOptions(
  { renderTemplate }: AgentContext,
  place: TaskPlace,
  emit: PrepareOptions["emit"],
): WriteTemplatesOptions {
  return { ...toHostFolders(place), env: toTaskEnv(place, {}), render: renderTemplate, emit };
}

/** Destinations name folders of this machine where the task's own strings name the container's. */
export function toHostFolders(place: TaskPlace): Pick<WriteTemplatesOptions, "roots" | "hostLookup"> {
  const allocDir = toAllocDir(place.settings, place.alloc.id);
  const { sharedAllocDir, taskDir, localDir, secretsDir } = toTaskDirs({ allocDir, name: place.task.name });
  const hostDirs = { alloc: sharedAllocDir, task: localDir, secrets: secretsDir };
  return {
    roots: { taskDir, sharedDir: sharedAllocDir },
    hostLookup: toTaskEnv(place, {}, hostDirs).lookup,
  };
}
