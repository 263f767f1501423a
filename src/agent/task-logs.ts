import { constants } from "node:fs";
import { type FileHandle, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type LogChunk, type LogPosition, type LogSink, LongshoreError } from "../task/index.ts";
import type { Clock } from "./clock.ts";
import { createLogRotator, type LogPlace, type LogRotator } from "./log-rotator.ts";
import { errorCode } from "./to-error.ts";

export interface TaskLogsOptions {
  readonly folder: string;
  readonly task: string;
  readonly limits: { readonly maxFiles: number; readonly maxFileSizeMb: number; readonly disabled: boolean };
  /** Where to note how far the output is kept; not a folder that tasks can reach. */
  readonly positionPath: string;
  readonly clock: Clock;
  /** Called for each chunk; the driver reads on when it resolves. */
  onOutput(chunk: LogChunk): Promise<void>;
  /** Something about the logs that a person should know. */
  onNote(message: string): void;
}

/** The output of one task over all of its containers: rotated files, and a reader on this side. */
export interface TaskLogs extends AsyncDisposable {
  /** A sink for a new container. */
  open(): Promise<TaskLogSink>;
  /** A sink for a container whose output was read before, and where to go on. */
  resume(): Promise<TaskLogSink & { readonly position: LogPosition | undefined }>;
}

export interface TaskLogSink {
  readonly sink: LogSink;
  /** Resolves when the output has ended. */
  readonly ended: Promise<void>;
}

type Stream = LogChunk["stream"];

/** What is noted after each chunk: a later run forgets what the files hold beyond it and reads it again. */
interface Noted {
  readonly position: LogPosition | null;
  readonly places: Readonly<Partial<Record<Stream, LogPlace>>>;
}

// Room for the longest note, so that a shorter one covers a longer one whole.
const noteBytes = 512;
const retryMs = 5000;

/**
 * Keeps a task's output. When the disk is full the task goes on and its output is still shown: the loss is told
 * once, and how much was lost when writing works again.
 */
export function createTaskLogs(options: TaskLogsOptions): TaskLogs {
  const { task, limits, clock } = options;
  const rotators: Readonly<Record<Stream, LogRotator>> = {
    stdout: createRotator(options, `${task}.stdout`),
    stderr: createRotator(options, `${task}.stderr`),
  };
  let fault: { sinceMs: number; lostBytes: number } | undefined;
  let noteFile: FileHandle | undefined;
  let busy: Promise<void> = Promise.resolve();
  let closed = false;

  async function keep(chunk: LogChunk): Promise<void> {
    if (limits.disabled) return;
    const now = clock.monotonicMs();
    if (fault !== undefined && now - fault.sinceMs < retryMs) {
      fault.lostBytes += chunk.data.byteLength;
      return;
    }
    try {
      await rotators[chunk.stream].write(chunk.data);
      if (fault !== undefined)
        options.onNote(`log files are written again; ${fault.lostBytes} bytes of output are not in them`);
      fault = undefined;
    } catch (error) {
      if (fault === undefined)
        options.onNote(`log files cannot be written (${toReason(error)}); the task goes on`);
      fault = { sinceMs: now, lostBytes: (fault?.lostBytes ?? 0) + chunk.data.byteLength };
    }
  }

  async function note(position: LogPosition | undefined): Promise<void> {
    const { stdout, stderr } = { stdout: rotators.stdout.place(), stderr: rotators.stderr.place() };
    const noted: Noted = {
      position: position ?? null,
      places: { ...(stdout === undefined ? {} : { stdout }), ...(stderr === undefined ? {} : { stderr }) },
    };
    try {
      noteFile ??= await open(options.positionPath, constants.O_WRONLY | constants.O_CREAT, 0o600);
      await noteFile.write(JSON.stringify(noted).padEnd(noteBytes), 0);
    } catch {
      // The disk may be full: then a later run shows some output twice, and loses none.
    }
  }

  function createSink(): TaskLogSink {
    let markEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      markEnded = resolve;
    });
    const sink: LogSink = {
      async write(chunk, position) {
        // Once closed, the files may be another process's already.
        if (closed) throw new LongshoreError("canceled", `the logs of task "${task}" are closed`);
        busy = keep(chunk).then(() => note(position));
        await busy;
        await options.onOutput(chunk);
      },
      end: () => markEnded(),
    };
    return { sink, ended };
  }

  return {
    async open() {
      // What an earlier container wrote stays, whatever a later run forgets of this one's.
      const opening = limits.disabled ? [] : [rotators.stdout.open(), rotators.stderr.open()];
      await Promise.allSettled(opening);
      await note(undefined);
      return createSink();
    },
    async resume() {
      const noted = await readNoted(options.positionPath);
      for (const [stream, place] of Object.entries(noted?.places ?? {}))
        await rotators[stream as Stream].rewind(place).catch(() => undefined);
      return { ...createSink(), position: noted?.position ?? undefined };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await busy;
      await Promise.all([rotators.stdout.close(), rotators.stderr.close(), noteFile?.close()]);
      noteFile = undefined;
    },
  };
}

/** Where a task's log position is noted. */
export function toPositionPath(jobFolder: string, allocId: string, task: string): string {
  return join(jobFolder, `${allocId}.${encodeURIComponent(task)}.position`);
}

/** Removes what {@link createTaskLogs} noted. */
export async function removeLogPosition(positionPath: string): Promise<void> {
  await rm(positionPath, { force: true });
}

function createRotator({ folder, limits }: TaskLogsOptions, name: string): LogRotator {
  const { maxFiles, maxFileSizeMb } = limits;
  return createLogRotator({ folder, name, maxFiles, maxFileBytes: maxFileSizeMb * 1024 * 1024 });
}

async function readNoted(path: string): Promise<Noted | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Noted;
  } catch {
    return undefined;
  }
}

function toReason(error: unknown): string {
  const code = errorCode(error);
  if (code === "ENOSPC") return "the disk is full";
  return error instanceof Error ? error.message : String(error);
}
