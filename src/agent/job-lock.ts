import { randomUUID } from "node:crypto";
import { readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { putInPlace } from "../host/index.ts";
import { errorCode, LongshoreError } from "../task/index.ts";
import { systemClock } from "./clock.ts";
import { makeJobFolder } from "./state-store.ts";
import { toFileError, toLongshoreError } from "./to-error.ts";

/** Held by one process at a time; released by disposing. */
export interface JobLock extends AsyncDisposable {
  /** True when the holder before had died without releasing it. */
  readonly takenOver: boolean;
}

/** Who holds a lock. A process id alone may be another process by now. */
interface Claim {
  readonly pid: number;
  /** Of the process, in the kernel's ticks since boot; empty where the system does not tell. */
  readonly startTime: string;
  readonly bootId: string;
  /** False while its process still looks whether others have the lock. */
  readonly held: boolean;
}

/**
 * Takes the lock in a job's folder; makes the folder, and removes it again when nothing is left in it. Rejects with
 * `conflict` and the holder's pid while a living process has it; a dead one's is taken over.
 *
 * Each process puts down a claim under a name of its own and then looks at the others': of two, at least one sees the
 * other, so never do two go on. The one whose name sorts first waits for the rest to withdraw. A dead process's
 * claim can be removed by anyone, because no living one ever has its name.
 */
export async function lockJob(folder: string, jobId: string): Promise<JobLock> {
  const name = `${prefix}${randomUUID()}`;
  const path = join(folder, name);
  try {
    const self = await describeSelf();
    await writeClaim(folder, path, self);
    const takenOver = await waitForOthers(folder, name, jobId);
    await replaceClaim(path, { ...self, held: true });
    return { takenOver, [Symbol.asyncDispose]: () => release(folder, path) };
  } catch (error) {
    await release(folder, path);
    throw toFileError(error, "lock the job in", folder);
  }
}

const prefix = "lock.";
const mostTries = 5;
const claimWaitMs = 10;
const mostWaits = 200;

/** Another process may remove the folder, empty as it is, before there is a file of ours in it. */
async function writeClaim(folder: string, path: string, claim: Claim): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await makeJobFolder(folder);
      return await replaceClaim(path, claim);
    } catch (error) {
      const { cause } = toLongshoreError(error);
      if (errorCode(cause) !== "ENOENT" || tries >= mostTries) throw error;
    }
  }
}

/** Whole at once: no one ever sees a claim without its holder. */
async function replaceClaim(path: string, claim: Claim): Promise<void> {
  await putInPlace(path, join(dirname(path), `.${basename(path)}`), async (temporary) => {
    await writeFile(temporary, JSON.stringify(claim), { mode: 0o600 });
  });
}

/** Resolves when no living process has a claim but us; true when a dead one had. */
async function waitForOthers(folder: string, mine: string, jobId: string): Promise<boolean> {
  let takenOver = false;
  for (let waits = 0; ; waits += 1) {
    const others = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== mine);
    const living: Claim[] = [];
    for (const name of others) {
      const claim = await readClaim(join(folder, name));
      if (claim === undefined) continue;
      if (!(await isAlive(claim))) {
        await rm(join(folder, name), { force: true });
        takenOver = true;
      } else if (claim.held || name < mine || waits >= mostWaits) throw conflict(jobId, claim);
      else living.push(claim);
    }
    if (living.length === 0) return takenOver;
    await systemClock.sleep(claimWaitMs);
  }
}

async function release(folder: string, path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
  // Only goes when nothing is stored in it.
  await rmdir(folder).catch(() => undefined);
}

function conflict(jobId: string, holder: Claim): LongshoreError {
  return new LongshoreError("conflict", `job "${jobId}" is run by process ${holder.pid} already`, {
    hint: "Stop that run first (Ctrl-C in its terminal), or give this job another name.",
    retryable: false,
  });
}

async function describeSelf(): Promise<Claim> {
  return {
    pid: process.pid,
    startTime: await readStartTime(process.pid),
    bootId: await readBootId(),
    held: false,
  };
}

async function isAlive(holder: Claim): Promise<boolean> {
  if (holder.bootId !== (await readBootId())) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return false;
  }
  const startTime = await readStartTime(holder.pid);
  return startTime === "" || startTime === holder.startTime;
}

/** Undefined when it is gone. What cannot be read is of no living process: claims are put down whole. */
async function readClaim(path: string): Promise<Claim | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseClaim(text);
}

function parseClaim(text: string): Claim {
  const nobody = { pid: 0, startTime: "", bootId: "none", held: false };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return nobody;
    const { pid, startTime, bootId, held }: Record<keyof Claim, unknown> = { ...nobody, ...value };
    if (typeof pid !== "number" || typeof startTime !== "string" || typeof bootId !== "string") return nobody;
    return { pid, startTime, bootId, held: held === true };
  } catch {
    return nobody;
  }
}

async function readStartTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name stands in brackets and may hold anything: count from its end.
  const [state = "", ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A dead process whose parent has not looked yet still has its id.
  return state === "Z" || state === "X" ? "ended" : (fields[18] ?? "");
}

async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}
