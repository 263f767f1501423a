import { type GuardedFolder, listLogIndexes, openGuardedFolder } from "../../host/index.ts";
import type { TaskConfig } from "../../task/index.ts";
import type { DirectLogsOptions } from "../direct-logs.ts";

type Limits = DirectLogsOptions["limits"];

interface LogFile {
  readonly index: number;
  readonly bytes: number;
}

const mebibyte = 1024 * 1024;

/**
 * The limits that a task's log files show the agent's log collector has kept: those of the job, which a driver is not
 * told. Files that were never rotated show nothing; the given limits hold then, or what is there if that is more.
 */
export async function readShownLimits(
  task: Pick<TaskConfig, "allocDir" | "name">,
  limits: Limits,
): Promise<Limits> {
  await using folder = await openGuardedFolder(task.allocDir, ["alloc", "logs"]);
  const streams = ["stdout", "stderr"].map(
    async (stream) => await listFiles(folder, `${task.name}.${stream}`),
  );
  return toShownLimits(await Promise.all(streams), limits);
}

async function listFiles(folder: GuardedFolder, name: string): Promise<readonly LogFile[]> {
  const indexes = await listLogIndexes(folder, name);
  const toFile = async (index: number) => ({ index, bytes: (await folder.sizeOf(`${name}.${index}`)) ?? 0 });
  return await Promise.all(indexes.map(toFile));
}

/** The same of files that are known, each stream's in their order. */
export function toShownLimits(streams: readonly (readonly LogFile[])[], limits: Limits): Limits {
  const counts = streams.map((files) => files.length);
  // The first file is gone: there are as many as there may be.
  const full = streams.filter(([oldest]) => oldest !== undefined && oldest.index > 0);
  const closed = streams.flatMap((files) => files.slice(0, -1));
  const toMegabytes = (files: readonly LogFile[]) =>
    Math.ceil(Math.max(0, ...files.map(({ bytes }) => bytes)) / mebibyte);
  return {
    max_files:
      full.length > 0
        ? Math.max(...full.map((files) => files.length))
        : Math.max(limits.max_files, ...counts),
    max_file_size:
      closed.length > 0 ? toMegabytes(closed) : Math.max(limits.max_file_size, toMegabytes(streams.flat())),
  };
}
