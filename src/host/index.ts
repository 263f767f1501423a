/** What hosts, the agent and the plugin, share. */
export { type GuardedFolder, openGuardedFolder } from "./guarded-folder.ts";
export { createLogNoteFile, type LogNoteFile } from "./log-note.ts";
export { listLogIndexes } from "./log-rotator.ts";
export { makeFolders } from "./make-folders.ts";
export { putInPlace } from "./put-in-place.ts";
export { createTaskLogs, type TaskLogSink, type TaskLogs } from "./task-logs.ts";
