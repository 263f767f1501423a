import { createAgent, type JobOutcome, type JobRun } from "../agent/index.ts";
import { createDockerDriver } from "../driver/index.ts";
import type { ReadJob } from "../jobfile/index.ts";
import { isLongshoreError } from "../task/index.ts";
import type { Command, CommandInput, CommandIo } from "./command-io.ts";
import { toDataDir } from "./data-dir.ts";
import { chooseEndpoint, openEngine } from "./engine-setup.ts";
import { exitCodes, toExitCode } from "./exit-code.ts";
import { loadDriverOptions, loadJob } from "./load-job.ts";
import { locateProblems } from "./locate-problems.ts";
import { createJsonReporter, createViewReporter } from "./render/reporters.ts";
import type { RunReporter } from "./render/run-reporter.ts";
import { StopSignals } from "./stop-signals.ts";

/** `longshore run FILE`: runs a job in the foreground; answers the exit code that the README promises. */
export const run: Command = async (input, io) => {
  using stops = new StopSignals(process);
  io.output.hold();
  try {
    const read = await loadJob(input, io, stops.signal);
    const reporter = input.on("json")
      ? createJsonReporter(io)
      : createViewReporter(read, io, input.on("no-prefix"));
    reporter.warn(read);
    return await runJob({ input, io, read, reporter, stops });
  } catch (error) {
    if (stops.exitCode !== undefined && isLongshoreError(error, "canceled")) return stops.exitCode;
    throw error;
  }
};

interface Running {
  readonly input: CommandInput;
  readonly io: CommandIo;
  readonly read: ReadJob;
  readonly reporter: RunReporter;
  readonly stops: StopSignals;
}

async function runJob(running: Running): Promise<number> {
  const { input, io, read, stops } = running;
  const options = await loadDriverOptions(input);
  await using engine = openEngine(chooseEndpoint(input, io, options));
  await using driver = createDockerDriver({ engine, options, removeImagesOnDispose: true });
  const dataDir = toDataDir({ flag: input.text("data-dir"), env: io.env, uid: process.getuid?.() });
  await using agent = await createAgent({ driver, dataDir });
  stops.signal.throwIfAborted();
  const jobRun = await agent.runJob(read.job).catch((error: unknown) => {
    throw locateProblems(error, input.words[0] ?? "", read);
  });
  return await follow(jobRun, running);
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
