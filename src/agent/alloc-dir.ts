import { chmod, chown, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolders } from "../host/index.ts";
import { toTaskDirs } from "../task/index.ts";
import { toFileError, toFolderError } from "./to-error.ts";

/** Uid and gid of "nobody" on Linux, which Nomad gives the folders to. */
const nobody = 65_534;

/** Where an allocation's task logs are. */
export function toLogsDir(allocDir: string): string {
  return join(allocDir, "alloc", "logs");
}

/**
 * Makes an allocation's folders as Nomad lays them out. Containers of any user may write `alloc`, `local` and
 * `secrets`; on the host the allocation's folder can be passed through by those who know its id, not listed.
 * Folders that exist are kept. Rejects with what could not be made and why.
 */
export async function createAllocDir(allocDir: string, tasks: readonly string[]): Promise<void> {
  await makeFolder(dirname(allocDir), 0o711);
  await makeFolder(allocDir, 0o711);
  const shared = join(allocDir, "alloc");
  await makeFolder(shared, 0o755);
  await allSettled([
    ...["data", "logs", "tmp"].map((name) => makeFolder(join(shared, name), 0o777)),
    ...tasks.map((name) => makeTaskDir(toTaskDirs({ allocDir, name }))),
  ]);
}

async function makeTaskDir({ taskDir, localDir, secretsDir }: ReturnType<typeof toTaskDirs>): Promise<void> {
  await makeFolder(taskDir, 0o777);
  await allSettled([
    makeFolder(localDir, 0o777),
    makeFolder(secretsDir, 0o777),
    makeFolder(join(taskDir, "tmp"), 0o1777),
  ]);
}

/** Rejects with the first failure, when nothing is made any more: what there is may be removed then. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** Removes an allocation's folders; with `keepLogs` all but `alloc/logs`. Gone already is fine. */
export async function removeAllocDir(allocDir: string, { keepLogs = false } = {}): Promise<void> {
  try {
    if (!keepLogs) return await remove(allocDir);
    await removeAllBut(allocDir, "alloc");
    await removeAllBut(join(allocDir, "alloc"), "logs");
  } catch (error) {
    throw toFileError(error, "remove", allocDir);
  }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await makeFolders(path);
    // The umask takes bits away from mkdir's mode.
    await chmod(path, mode);
    if ((mode & 0o777) === 0o777 && process.geteuid?.() === 0) await chown(path, nobody, nobody);
  } catch (error) {
    throw toFolderError(error, path);
  }
}

async function removeAllBut(folder: string, kept: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name !== kept) await remove(join(folder, name));
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
}
