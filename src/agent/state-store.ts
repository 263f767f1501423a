import { createHash } from "node:crypto";
import { chmod, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders, putInPlace } from "../host/index.ts";
import { errorCode } from "../task/index.ts";
import { parseJobRecord } from "./parse-record.ts";
import type { JobRecord } from "./run-record.ts";
import { toFileError, toFolderError } from "./to-error.ts";

/** The stored state of one job. Only the holder of the job's lock may use it. */
export interface StateStore {
  /** The stored record; undefined when there is none. A file that cannot be understood is set aside. */
  load(): Promise<{ readonly record: JobRecord | undefined; readonly setAside: string | undefined }>;
  /** Resolves when a state not older than the call is on disk. Writes never overlap; waiting callers share one. */
  save(record: JobRecord): Promise<void>;
  /** Removes the state; the store can be used on. */
  clear(): Promise<void>;
  /**
   * Ends the store: waits for writes, or, if asked to remove the state, for the one under way alone. Later saves do
   * nothing.
   */
  close(options?: { readonly remove?: boolean }): Promise<void>;
}

/** The folder of a job's state: its id where that is a good file name, else a readable form with a hash. */
export function toJobFolder(dataDir: string, jobId: string): string {
  const plain = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(jobId);
  const hash = createHash("sha256").update(jobId).digest("hex").slice(0, 16);
  const readable = jobId.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);
  return join(dataDir, "jobs", plain ? jobId : `${readable}~${hash}`);
}

/** Makes the job's folder, readable by its owner only: the state holds the tasks' environment. */
export async function makeJobFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder);
    await chmod(folder, 0o700);
  } catch (error) {
    throw toFolderError(error, folder);
  }
}

export function createStateStore(folder: string): StateStore {
  const path = join(folder, "state.json");
  let latest: JobRecord | undefined;
  let writing: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let closed = false;
  let removing = false;

  async function write(): Promise<void> {
    if (removing) return;
    const text = JSON.stringify(latest);
    try {
      await putInPlace(path, `${path}.new`, async (temporary) => await writeThrough(temporary, text));
    } catch (error) {
      throw toFileError(error, "save the job's state in", path);
    }
  }

  return {
    async load() {
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        if (errorCode(error) === "ENOENT") return undefined;
        throw toFileError(error, "read the job's state from", path);
      });
      if (text === undefined) return { record: undefined, setAside: undefined };
      const record = parseJobRecord(text);
      if (record !== undefined) return { record, setAside: undefined };
      const aside = `${path}.unreadable-${Date.now()}`;
      await rename(path, aside).catch((error: unknown) => {
        throw toFileError(error, "set the job's unreadable state aside as", aside);
      });
      return { record: undefined, setAside: aside };
    },
    async save(record) {
      if (closed) return;
      latest = record;
      // Whoever comes while a write is under way needs the next one, and all of those share it.
      waiting ??= (writing ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => {
          waiting = undefined;
          writing = write();
          return writing;
        });
      await waiting;
    },
    clear: () => rm(path, { force: true }),
    async close({ remove = false } = {}) {
      closed = true;
      removing ||= remove;
      await (remove ? writing : (waiting ?? writing))?.catch(() => undefined);
      if (remove) await rm(path, { force: true });
    },
  };
}

/** What is then put in place is whole also after a crash of the machine. */
async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}
