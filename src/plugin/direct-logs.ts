import { constants } from "node:fs";
import { createLogNoteFile, createTaskLogs, type LogNoteFile, openGuardedFolder } from "../host/index.ts";
import type { TaskConfig } from "../task/index.ts";
import type { TaskOutput } from "./output/fifo-output.ts";

export interface DirectLogsOptions {
  /** Goes on where an earlier process was. */
  readonly resume: boolean;
  /** `max_file_size` is in MB. */
  readonly limits: { readonly max_files: number; readonly max_file_size: number };
  /** Something about the files that an operator should know. */
  onNote(message: string): void;
}

/** In the task's own folder, which is not mounted into its container. */
const noteName = ".longshore-logs";

/** Writes the files that `nomad alloc logs` reads, in the place of the agent's log collector. */
export async function createDirectOutput(task: TaskConfig, options: DirectLogsOptions): Promise<TaskOutput> {
  const { resume, limits, onNote } = options;
  const logs = createTaskLogs({
    allocDir: task.allocDir,
    task: task.name,
    limits: { maxFiles: limits.max_files, maxFileSizeMb: limits.max_file_size, disabled: false },
    noteFile: openNoteFile(task),
    clock: { monotonicMs: () => performance.now() },
    onNote,
  });
  const { sink, position } = resume ? await logs.resume() : { ...(await logs.open()), position: undefined };
  const close = async () => await logs[Symbol.asyncDispose]();
  return {
    sink,
    position,
    close: () => void close(),
    remove: () => void close().then(() => removeDirectNote(task)),
  };
}

/** Whether a task's log files were written by a plugin so far. */
export async function hasDirectOutput(task: TaskConfig): Promise<boolean> {
  try {
    await using folder = await openGuardedFolder(task.allocDir, [task.name]);
    return (await folder.sizeOf(noteName)) !== undefined;
  } catch {
    return false;
  }
}

function openNoteFile(task: TaskConfig): LogNoteFile {
  return createLogNoteFile(async () => {
    await using folder = await openGuardedFolder(task.allocDir, [task.name]);
    return await folder.open(noteName, constants.O_RDWR | constants.O_CREAT, 0o600);
  });
}

/** Forgets how far a task's log files were written; gone already is fine. */
async function removeDirectNote(task: TaskConfig): Promise<void> {
  try {
    await using folder = await openGuardedFolder(task.allocDir, [task.name]);
    await folder.remove(noteName);
  } catch {
    // The allocation's folder may be gone already, and the note with it.
  }
}
