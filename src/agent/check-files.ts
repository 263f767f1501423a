import type { Artifact } from "../jobfile/job.ts";
import type { OptionProblem } from "../task/index.ts";
import { checkMode, parseArtifactSource } from "./artifacts/artifact-source.ts";
import { parseGitSource } from "./artifacts/git-source.ts";
import { interpolate, interpolateDeep, type Lookup } from "./interpolate.ts";
import { toHostFolders } from "./prepare-task.ts";
import { problemsOf } from "./problems.ts";
import { toHostPath } from "./safe-path.ts";
import type { TaskPlace } from "./task-place.ts";

/** What is known to be wrong with a task's artifacts and templates before any is fetched or rendered. */
export function checkFiles(place: TaskPlace): readonly OptionProblem[] {
  const { artifacts, templates } = place.task;
  if (artifacts.length + templates.length === 0) return [];
  const { roots, hostLookup } = toHostFolders(place);
  const checkPath = (path: OptionProblem["path"], written: string): readonly OptionProblem[] =>
    problemsOf(path, () => toHostPath(interpolate(written, hostLookup), roots, "path"));
  return [
    ...artifacts.flatMap((artifact, index) => [
      ...problemsOf(["artifact", index, "source"], () => checkSource(artifact, hostLookup)),
      ...checkPath(["artifact", index, "destination"], artifact.destination),
    ]),
    ...templates.flatMap(({ source, destination }, index) => [
      ...(source === undefined ? [] : checkPath(["template", index, "source"], source)),
      ...checkPath(["template", index, "destination"], destination),
    ]),
  ];
}

/** Throws `invalid` for a source that nothing is fetched from here. */
function checkSource(artifact: Artifact, lookup: Lookup): void {
  const text = interpolate(artifact.source, lookup);
  const options = interpolateDeep(artifact.options, lookup);
  if (parseGitSource(text, options) === undefined)
    checkMode(artifact.mode, parseArtifactSource(text, options), text);
}
