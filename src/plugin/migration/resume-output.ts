import { isLongshoreError, type LogSink, type TaskConfig } from "../../task/index.ts";
import { createDirectOutput, type DirectLogsOptions, hasDirectOutput } from "../direct-logs.ts";
import type { TaskOutput } from "../output/fifo-output.ts";
import { FifoWriter } from "../output/fifo-writer.ts";
import { createNotedSink } from "../output/noted-sink.ts";
import { PositionNote, toNotePath } from "../output/position-note.ts";
import { type LogTails, readLogTails } from "./log-tails.ts";
import { readShownLimits } from "./shown-limits.ts";
import { createTakeoverSink } from "./takeover-sink.ts";

export interface ResumeOptions extends Omit<DirectLogsOptions, "resume"> {
  /** The limits are those of the agent's options. Else the job's own hold, as far as the files show them. */
  readonly direct: boolean;
  /** Ends what the built-in driver reads the output with. */
  endOther(): Promise<void>;
}

/**
 * The output of a task that another process has read so far: an earlier one of this plugin or the built-in driver's.
 * Its log files are written directly from now on: at the end of that process the agent's log collector, which keeps
 * the FIFOs open, may have come to the end of its input, and reads no more then.
 */
export async function resumeOutput(task: TaskConfig, options: ResumeOptions): Promise<TaskOutput> {
  const wasDirect = await hasDirectOutput(task);
  // Before the other one ends, so that a collector that still reads does not come to an end.
  const fifos = openFifos(task);
  await options.endOther();
  // The files are opened when the collector has written what it had: where they end is noted from then on.
  const tails = wasDirect ? undefined : await ifGuarded(readLogTails(task), noTails);
  const limits = options.direct
    ? options.limits
    : await ifGuarded(readShownLimits(task, options.limits), options.limits);
  const output = await createDirectOutput(task, { ...options, limits, resume: true });
  const { sink, position } = tails === undefined ? output : goOn(task, output.sink, tails);
  return {
    position,
    sink: {
      write: (chunk, position) => sink.write(chunk, position),
      async end() {
        await sink.end();
        // The collector ends with the task.
        fifos.close();
      },
    },
    get fds() {
      return fifos.fds();
    },
    close() {
      fifos.close();
      output.close();
    },
    remove() {
      fifos.close();
      output.remove();
    },
  };
}

const noTails: LogTails = { stdout: undefined, stderr: undefined };

/** A folder that the task has led elsewhere shows nothing, and is no reason to lose the task: the writing tells of it. */
async function ifGuarded<T>(reading: Promise<T>, otherwise: T): Promise<T> {
  return await reading.catch((error: unknown) => {
    if (isLongshoreError(error, "invalid")) return otherwise;
    throw error;
  });
}

/** Goes on where the collector's files end: this plugin has noted where that is, the built-in driver has not. */
function goOn(task: TaskConfig, sink: LogSink, tails: LogTails): Pick<TaskOutput, "sink" | "position"> {
  const note = new PositionNote(toNotePath(task));
  const noted = note.read();
  // From now on the note of the files counts.
  note.remove();
  if (noted === undefined) return { sink: createTakeoverSink(sink, tails), position: undefined };
  return { sink: createNotedSink(sink, noted, tails), position: noted.position };
}

/** Holds the FIFOs of a collector open without writing: a later driver may be one that needs the collector. */
function openFifos({ stdoutPath, stderrPath }: TaskConfig) {
  const closing = new AbortController();
  const writers = [stdoutPath, stderrPath].map((path) => new FifoWriter(path, closing.signal));
  for (const writer of writers) writer.open();
  return {
    fds: () => writers.flatMap(({ fd }) => (fd === undefined ? [] : [fd])),
    close: () => {
      for (const writer of writers) writer.close();
    },
  };
}
