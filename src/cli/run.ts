import { createHash } from "node:crypto";
import { join } from "node:path";
import { createAgent, type JobOutcome, type JobRun, type NodeFacts } from "../agent/index.ts";
import { createDockerDriver, toNodeAttributes } from "../driver/index.ts";
import { createEngine, type Engine, type EngineInfo, type FoundEndpoint } from "../engine/index.ts";
import type { Job, ReadJob } from "../jobfile/index.ts";
import { isLongshoreError, LongshoreError, type TaskDriver } from "../task/index.ts";
import { closeInTime } from "./close-in-time.ts";
import type { Command, CommandInput, CommandIo } from "./command-io.ts";
import { chooseEndpoint } from "./engine-setup.ts";
import { exitCodes, toExitCode } from "./exit-code.ts";
import { loadJob } from "./load-job.ts";
import { loadSetting, type Setting } from "./load-setting.ts";
import { locateProblems } from "./locate-problems.ts";
import { createJsonReporter, createReportLogger, createViewReporter } from "./render/reporters.ts";
import type { RunReporter } from "./render/run-reporter.ts";
import { StopSignals } from "./stop-signals.ts";

/** `longshore run FILE`: runs a job in the foreground; answers the exit code that the README promises. */
export const run: Command = async (input, io) => {
  io.output.hold();
  const asking = new AbortController();
  // The engine answers while the file is read; of two faults the file's is told.
  const reaching = reachEngine(input, io, asking.signal);
  reaching.catch(() => undefined);
  try {
    // A signal ends the process by itself until there is something to stop: computing an expression may take long.
    const read = await loadJob(input, io);
    using stops = new StopSignals(process);
    stops.signal.addEventListener("abort", () => asking.abort(stops.signal.reason), { once: true });
    return await runRead({ input, io, read, stops, reaching });
  } finally {
    await reaching.then(
      ({ engine }) => engine[Symbol.asyncDispose](),
      () => undefined,
    );
  }
};

interface ReadRun {
  readonly input: CommandInput;
  readonly io: CommandIo;
  readonly read: ReadJob;
  readonly stops: StopSignals;
  readonly reaching: Promise<ReachedEngine>;
}

async function runRead({ input, io, read, stops, reaching }: ReadRun): Promise<number> {
  const reporter = input.on("json")
    ? createJsonReporter(io)
    : createViewReporter(read, io, input.on("no-prefix"));
  try {
    reporter.warn(read);
    return await runJob({ input, io, read, reporter, stops, reached: await reaching });
  } catch (error) {
    if (stops.exitCode !== undefined && isLongshoreError(error, "canceled")) return stops.exitCode;
    throw error;
  }
}

/** The engine that the command's options name, when it has been asked whether it is there. */
interface ReachedEngine {
  readonly setting: Setting;
  readonly engine: Engine;
  /** What it tells of itself; rejects when it is not there. */
  readonly answered: Promise<EngineInfo>;
}

async function reachEngine(input: CommandInput, io: CommandIo, signal: AbortSignal): Promise<ReachedEngine> {
  const setting = await loadSetting(input, io);
  const found = chooseEndpoint(input, io, setting.agentOptions);
  const engine = createEngine(found);
  const answered = expectEngine(engine, found, signal);
  answered.catch(() => undefined);
  return { setting, engine, answered };
}

interface Running {
  readonly input: CommandInput;
  readonly io: CommandIo;
  readonly read: ReadJob;
  readonly reporter: RunReporter;
  readonly stops: StopSignals;
  readonly reached: ReachedEngine;
}

/** How long Docker may take with the last things of a run that was killed. */
const longestCloseMs = 5000;

async function runJob(running: Running): Promise<number> {
  const { input, io, read, reporter, stops, reached } = running;
  const { engine, setting } = reached;
  const { agentOptions, node, place } = setting;
  const logger = createReportLogger(reporter, io.env);
  const engineInfo = await reached.answered;
  const driver = createDockerDriver({
    engine,
    agentOptions,
    logger,
    watchAtOnce: true,
    engineInfo,
    removeImagesOnDispose: true,
    imageNotesDir: toImageNotesDir(place.dataDir, read.job),
    // Others may run other jobs on the same engine, or the same job from another folder.
    hostOf: ({ nodeId, namespace, jobId }) => `${nodeId}:${place.dataDir}:${namespace}/${jobId}`,
  });
  await using _closing = closeInTime(driver, {
    hurry: stops.killed,
    ms: longestCloseMs,
    onLate: () => reporter.warning("Docker does not answer: images that the run has pulled may stay"),
  });
  await using agent = createAgent({ driver, ...place, logger });
  const facts = needsEngineFacts(read.job) ? await addEngineFacts(node, driver, stops.signal) : node;
  stops.signal.throwIfAborted();
  const options = { node: facts, signal: stops.signal };
  const jobRun = await agent.runJob(read.job, options).catch((error: unknown) => {
    throw locateProblems(error, input.words[0] ?? "", read);
  });
  try {
    return await follow(jobRun, running);
  } catch (error) {
    // Whatever went wrong in showing the run, it leaves nothing behind.
    reporter.end();
    jobRun.stop("the command failed");
    await jobRun.outcome.catch(() => undefined);
    throw error;
  }
}

/** Of the job alone: another job that runs at the same time has images of its own to remember. */
function toImageNotesDir(dataDir: string, { namespace, id }: Job): string {
  const name = createHash("sha256").update(`${namespace}/${id}`).digest("hex").slice(0, 16);
  return join(dataDir, `images-${name}`);
}

/**
 * Without an engine a job would be tried again and again as its restart policy says, while nobody mends the engine.
 * The driver needs the answer, so this costs no call more.
 */
async function expectEngine(engine: Engine, found: FoundEndpoint, signal: AbortSignal): Promise<EngineInfo> {
  try {
    return await engine.info({ signal });
  } catch (error) {
    if (!isLongshoreError(error) || error.kind === "canceled") throw error;
    const hint = [error.hint, `The engine was looked for at ${found.reason}`].filter(Boolean).join(" ");
    throw new LongshoreError(error.kind, error.message, { cause: error, hint });
  }
}

/** Most jobs do not ask what the engine is like, and are spared the wait for its answer. */
function needsEngineFacts(job: Job): boolean {
  return JSON.stringify(job).includes("attr.driver.docker");
}

async function addEngineFacts(node: NodeFacts, driver: TaskDriver, signal: AbortSignal): Promise<NodeFacts> {
  for await (const print of driver.fingerprint({ signal }))
    return { ...node, attributes: { ...node.attributes, ...toNodeAttributes(print) } };
  return node;
}

async function follow(jobRun: JobRun, { io, reporter, stops }: Running): Promise<number> {
  stops.listen({
    stop: (signal) => {
      const again = signal === "SIGINT" ? "; Ctrl-C again to kill them" : "";
      reporter.note(`Stopping the tasks${again}`);
      jobRun.stop(`Longshore was stopped by ${signal}`);
    },
    kill: () => {
      reporter.note("Killing the tasks");
      jobRun.kill();
    },
    leave: () =>
      reporter.warning(
        "left at once: containers may still run; run the job again, and it takes care of them",
      ),
  });
  const onClosed = (): void => jobRun.stop("nobody reads the output any more");
  if (io.output.closed.aborted) onClosed();
  else io.output.closed.addEventListener("abort", onClosed, { once: true });
  const exitCode = (outcome: JobOutcome): number =>
    stops.exitCode ?? (io.output.closed.aborted ? exitCodes.outputClosed : toExitCode(outcome));
  for await (const event of jobRun.events)
    await reporter.show(event, () => (event.type === "job-finished" ? exitCode(event.outcome) : 0));
  reporter.end();
  return exitCode(await jobRun.outcome);
}
