import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LongshoreError } from "../task/index.ts";
import { makeJobFolder } from "./state-store.ts";
import { errorCode, toFileError } from "./to-error.ts";

/** Held by one process at a time; released by disposing. */
export interface JobLock extends AsyncDisposable {
  /** True when the holder before had died without releasing it. */
  readonly takenOver: boolean;
}

/** Who holds a lock. A process id alone may be another process by now. */
interface Holder {
  readonly pid: number;
  /** Of the process, in the kernel's ticks since boot; empty where the system does not tell. */
  readonly startTime: string;
  readonly bootId: string;
}

/**
 * Takes the lock in a job's folder; makes the folder, and removes it again when nothing is left in it. Rejects with `conflict` and the holder's pid while a living process has it;
 * a dead one's is taken over.
 */
export async function lockJob(folder: string, jobId: string): Promise<JobLock> {
  const path = join(folder, "lock");
  const mine = `${path}.${randomUUID()}`;
  try {
    await writeMine(folder, mine);
    const takenOver = await acquire(path, mine, jobId);
    return { takenOver, [Symbol.asyncDispose]: () => release(folder, path) };
  } catch (error) {
    throw toFileError(error, "lock the job with", path);
  } finally {
    await rm(mine, { force: true }).catch(() => undefined);
  }
}

const mostTries = 5;

/** Another process may remove the folder, empty as it is, before there is a file of ours in it. */
async function writeMine(folder: string, path: string): Promise<void> {
  const text = JSON.stringify(await describeSelf());
  for (let tries = 1; ; tries += 1) {
    await makeJobFolder(folder);
    try {
      return await writeFile(path, text, { mode: 0o600 });
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || tries >= mostTries) throw error;
    }
  }
}

async function release(folder: string, path: string): Promise<void> {
  await rm(path, { force: true });
  // Only goes when nothing is stored in it.
  await rmdir(folder).catch(() => undefined);
}

async function acquire(path: string, mine: string, jobId: string): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    if (await tryLink(mine, path)) return tries > 0;
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = parseHolder(text);
    if (holder !== undefined && (await isAlive(holder))) throw conflict(jobId, holder);
    await setAside(path, text);
  }
  throw new LongshoreError("conflict", `job "${jobId}" is being started by another process right now`);
}

/** Linking is atomic and brings the content along: no one ever sees a lock without its holder. */
async function tryLink(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes a dead holder's lock; puts it back when another process was quicker and this is its new one. */
async function setAside(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  const text = await readFile(aside, "utf8").catch(() => expected);
  if (text !== expected) await tryLink(aside, path);
  await rm(aside, { force: true });
}

function conflict(jobId: string, holder: Holder): LongshoreError {
  return new LongshoreError("conflict", `job "${jobId}" is run by process ${holder.pid} already`, {
    hint: "Stop that run first (Ctrl-C in its terminal), or give this job another name.",
    retryable: false,
  });
}

async function describeSelf(): Promise<Holder> {
  return { pid: process.pid, startTime: await readStartTime(process.pid), bootId: await readBootId() };
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.bootId !== (await readBootId())) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  const startTime = await readStartTime(holder.pid);
  return startTime === "" || startTime === holder.startTime;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value)) return undefined;
    const { pid, startTime, bootId } = { startTime: "", bootId: "", ...value };
    if (typeof pid !== "number" || typeof startTime !== "string" || typeof bootId !== "string")
      return undefined;
    return { pid, startTime, bootId };
  } catch {
    return undefined;
  }
}

async function readStartTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name stands in brackets and may hold anything: count from its end.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}
