import { errorCode, errorMessage, type LogChunk } from "../task/index.ts";
import { type GuardedFolder, openGuardedFolder } from "./guarded-folder.ts";
import type { LogNote } from "./log-note.ts";
import { createLogRotator, type LogRotator } from "./log-rotator.ts";

export interface LogLimits {
  readonly maxFiles: number;
  readonly maxFileSizeMb: number;
  readonly disabled: boolean;
}

export interface LogFilesOptions {
  /** The allocation's folder; the files are in `alloc/logs` below it. */
  readonly allocDir: string;
  readonly task: string;
  readonly limits: LogLimits;
  readonly clock: { monotonicMs(): number };
  /** Something about the files that a person should know. */
  onNote(message: string): void;
}

type Stream = LogChunk["stream"];

/** The rotated files of a task's two streams. Nothing rejects: what cannot be written is counted and told. */
export interface LogFiles {
  /** Makes the files, so that a reader finds them before the first output. */
  open(): Promise<void>;
  write(stream: Stream, data: Uint8Array): Promise<void>;
  /** Where the streams' files end now. */
  places(): LogNote["places"];
  /** How many bytes the files of each stream hold after the noted places. */
  countAfter(places: LogNote["places"]): Promise<Readonly<Record<Stream, number>>>;
  close(): Promise<void>;
}

const retryMs = 5000;

/**
 * `<alloc>/alloc/logs/<task>.stdout.N` and `.stderr.N`. When the disk is full the loss is told once, and how much was
 * lost when writing works again.
 */
export function createLogFiles(options: LogFilesOptions): LogFiles {
  const { limits, clock } = options;
  let opened: Opened | undefined;
  let opening: Promise<Opened> | undefined;
  let fault: { sinceMs: number; lostBytes: number } | undefined;

  async function rotatorOf(stream: Stream): Promise<LogRotator> {
    if (opened !== undefined) return opened.rotators[stream];
    // Both streams may ask at the same time.
    opening ??= openFiles(options).finally(() => {
      opening = undefined;
    });
    opened = await opening;
    return opened.rotators[stream];
  }

  return {
    async open() {
      if (limits.disabled) return;
      for (const stream of ["stdout", "stderr"] as const)
        await rotatorOf(stream).then(
          (rotator) => rotator.open(),
          () => undefined,
        );
    },
    async write(stream, data) {
      if (limits.disabled || data.byteLength === 0) return;
      const now = clock.monotonicMs();
      if (fault !== undefined && now - fault.sinceMs < retryMs) {
        fault.lostBytes += data.byteLength;
        return;
      }
      try {
        await (await rotatorOf(stream)).write(data);
        if (fault !== undefined)
          options.onNote(`log files are written again; ${fault.lostBytes} bytes of output are not in them`);
        fault = undefined;
      } catch (error) {
        if (fault === undefined)
          options.onNote(`log files cannot be written (${toReason(error)}); the task goes on`);
        fault = { sinceMs: now, lostBytes: (fault?.lostBytes ?? 0) + data.byteLength };
      }
    },
    places() {
      const stdout = opened?.rotators.stdout.place();
      const stderr = opened?.rotators.stderr.place();
      return { ...(stdout && { stdout }), ...(stderr && { stderr }) };
    },
    async countAfter(places) {
      const count = async (stream: Stream): Promise<number> => {
        const place = places[stream];
        if (place === undefined || limits.disabled) return 0;
        return await (await rotatorOf(stream)).countAfter(place);
      };
      const [stdout, stderr] = await Promise.all([count("stdout"), count("stderr")].map(or0));
      return { stdout: stdout ?? 0, stderr: stderr ?? 0 };
    },
    async close() {
      const { rotators, folder } = opened ?? {};
      opened = undefined;
      await Promise.all([rotators?.stdout.close(), rotators?.stderr.close()]);
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

interface Opened {
  readonly folder: GuardedFolder;
  readonly rotators: Readonly<Record<Stream, LogRotator>>;
}

async function openFiles({ allocDir, task, limits }: LogFilesOptions): Promise<Opened> {
  const folder = await openGuardedFolder(allocDir, ["alloc", "logs"]);
  const limit = { maxFiles: limits.maxFiles, maxFileBytes: limits.maxFileSizeMb * 1024 * 1024 };
  const create = (name: string) => createLogRotator({ folder, name, ...limit });
  return { folder, rotators: { stdout: create(`${task}.stdout`), stderr: create(`${task}.stderr`) } };
}

/** Where nothing can be counted, nothing is known to be there. */
async function or0(count: Promise<number>): Promise<number> {
  return await count.catch(() => 0);
}

function toReason(error: unknown): string {
  const code = errorCode(error);
  if (code === "ENOSPC") return "the disk is full";
  return errorMessage(error);
}
