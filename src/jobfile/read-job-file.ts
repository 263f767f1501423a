import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { isLongshoreError, LongshoreError, type OptionProblem } from "../task/index.ts";
import { fromApiJob } from "./api-job.ts";
import type { ComingProgram } from "./compile-ahead.ts";
import { Findings } from "./findings.ts";
import { hcl } from "./hcl.ts";
import type { Job, ReadJob, Task } from "./job.ts";
import { JobFileError, wholeFileError } from "./job-file-error.ts";
import { findPlace, isBad } from "./locate.ts";
import { describeProblem } from "./option-problem.ts";
import { type JobSource, type NamedText, toText } from "./read-source.ts";
import { toJob } from "./to-job.ts";
import type { Block, Parsed } from "./tree.ts";

/** Where a job file is, and what its variables are to be. */
export interface ReadJobOptions {
  /** Values of variables as `name=value`; stronger than files, and files than the environment. */
  readonly vars?: readonly string[] | undefined;
  /** Files that set variables, in HCL or JSON; later ones are stronger. */
  readonly varFiles?: readonly string[] | undefined;
  /** Where `NOMAD_VAR_name` is looked up; nothing is when missing. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What the driver says of a task's `config` block, with paths from the block on: told with the file's own faults. */
  readonly checkConfig?: ((config: Task["config"]) => readonly OptionProblem[]) | undefined;
  /**
   * What the host says of the whole job. It is asked of a file with faults only, so that all are told at once; with no
   * fault the file is read, and the job is the host's to check.
   */
  readonly checkJob?: ((job: Job) => Promise<readonly OptionProblem[]>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Takes what reading needs from who has begun to load it. */
export function prepareReading(coming: ComingProgram): void {
  hcl.take(coming);
}

/**
 * Reads a job file in any form (HCL, its mirror in JSON, or JSON of Nomad's API) and any style. Rejects with a
 * JobFileError that has all faults of the file.
 */
export async function readJobFile(input: JobSource, options: ReadJobOptions = {}): Promise<ReadJob> {
  const main = await toText(input);
  const varFiles = await Promise.all((options.varFiles ?? []).map((file) => toText({ file })));
  const parsed = await parse(
    main,
    varFiles,
    options,
    "file" in input ? dirname(resolve(input.file)) : process.cwd(),
  );
  refuseIfAborted(options.signal);
  const findings = new Findings(
    parsed.files,
    new Map([...varFiles, main].map(({ name, text }) => [name, text])),
  );
  findings.addFaults(parsed.faults, parsed.more);
  if (parsed.api !== undefined) refuseVariables(main.name, options);
  const tree = parsed.api === undefined ? parsed.tree : fromApiJob(parsed.api, findings);
  const found = tree && toJob(tree, findings);
  if (found !== undefined && options.checkConfig !== undefined)
    addConfigProblems(found, options.checkConfig, findings);
  if (found !== undefined && options.checkJob !== undefined && findings.errors().length > 0)
    addJobProblems(await options.checkJob(found.job), found.block, findings);
  const errors = findings.errors();
  if (errors.length > 0 || found === undefined) throw new JobFileError(main.name, errors);
  return {
    job: found.job,
    noEffect: findings.idleKeys(),
    warnings: findings.warnings(),
    locate: (path, about) => findings.locate(findPlace(found.block, path, about)),
  };
}

function addConfigProblems(
  { job, block }: { readonly job: Job; readonly block: Block },
  check: NonNullable<ReadJobOptions["checkConfig"]>,
  findings: Findings,
): void {
  for (const group of job.groups) {
    // The config of another driver is not this one's to judge.
    for (const task of group.tasks.filter(({ driver }) => driver === "docker" || driver === "")) {
      const config = ["group", group.name, "task", task.name, "config"];
      for (const problem of check(task.config)) {
        const path = [...config, ...problem.path];
        if (isBad(block, path)) continue;
        const { summary, detail } = describeProblem(problem);
        findings.error(findPlace(block, path, problem.about), summary, detail);
      }
    }
  }
}

/** Where the file is at fault already, the host would tell of the same or of what follows from it. */
function addJobProblems(problems: readonly OptionProblem[], block: Block, findings: Findings): void {
  const placed = problems.map((problem) => ({
    problem,
    place: findPlace(block, problem.path, problem.about),
  }));
  const unknown = placed.filter(
    ({ problem, place }) => !isBad(block, problem.path) && !findings.hasErrorAt(place),
  );
  for (const { problem, place } of unknown) {
    const { summary, detail } = describeProblem(problem);
    findings.error(place, summary, detail);
  }
}

/** Nothing of what is given may be dropped in silence. */
function refuseVariables(file: string, { vars = [], varFiles = [] }: ReadJobOptions): void {
  if (vars.length + varFiles.length === 0) return;
  const detail = "JSON of Nomad's API has no variables that -var or -var-file could set.";
  throw wholeFileError(file, "Undeclared variable", detail);
}

function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new LongshoreError("canceled", "reading the job file was canceled", { cause: signal.reason });
}

async function parse(
  main: NamedText,
  varFiles: readonly NamedText[],
  { vars = [], env = {}, signal }: ReadJobOptions,
  baseDir: string,
): Promise<Parsed> {
  const flags = vars.map((flag) => splitFlag(flag, main.name));
  const variables = Object.entries(env).filter(
    ([name, value]) => name.startsWith("NOMAD_VAR_") && value !== undefined,
  );
  refuseIfAborted(signal);
  const where = { baseDir, home: findHome() };
  const request = { ...main, schema: "job", ...where, flags, varFiles, env: Object.fromEntries(variables) };
  try {
    return (await hcl.call("parse", request)) as Parsed;
  } catch (error) {
    if (!isLongshoreError(error, "internal")) throw error;
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    throw wholeFileError(main.name, "Cannot be read", `${error.message}.${hint}`, error);
  }
}

/** Nothing for a user whom the machine does not know, and who has no HOME. */
function findHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function splitFlag(flag: string, file: string): [string, string] {
  const at = flag.indexOf("=");
  if (at > 0) return [flag.slice(0, at), flag.slice(at + 1)];
  throw wholeFileError(file, "Invalid -var", `-var takes name=value, not "${flag}".`);
}
