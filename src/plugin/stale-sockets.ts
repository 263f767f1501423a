import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

const namePattern = /^longshore-plugin-(\d+)-\w{6}$/;
const socketName = "plugin";

/** How the name of a process's folder in `parent` begins; the rest is six characters by chance. */
export function toFolderPrefix(parent: string): string {
  return join(parent, `longshore-plugin-${process.pid}-`);
}

/** The socket in such a folder. */
export function toSocketPath(folder: string): string {
  return join(folder, socketName);
}

/** Removes what plugins of this user that were killed have left in `parent`. Never rejects. */
export async function removeStaleSockets(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = Number(namePattern.exec(name)?.[1] ?? 0);
    if (pid === 0 || isAlive(pid)) continue;
    // One that has changed meanwhile is not stale.
    await removeIfStale(join(parent, name)).catch(() => undefined);
  }
}

async function removeIfStale(folder: string): Promise<void> {
  const { uid } = await lstat(folder);
  // In another pid namespace, of a container that shares the folder, its process may live all the same.
  if (uid !== process.getuid?.() || !(await isRefused(toSocketPath(folder)))) return;
  await unlink(toSocketPath(folder));
  await rmdir(folder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a socket is there that nobody listens at. */
async function isRefused(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}
