import { readdir, readFile } from "node:fs/promises";

/** Proportional set size of processes, in bytes: what several share is counted in parts. */
export async function readPss(pids: readonly number[]): Promise<number> {
  return await sumOver(pids, async (pid) => await readSize(pid, "Pss"));
}

/** Resident set size of processes, in bytes. */
export async function readRss(pids: readonly number[]): Promise<number> {
  return await sumOver(pids, async (pid) => await readSize(pid, "Rss"));
}

async function readSize(pid: number, name: "Pss" | "Rss"): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
}

/** CPU time that the threads of processes have used so far, in milliseconds. */
export async function readCpuMs(pids: readonly number[]): Promise<number> {
  return await sumOver(pids, async (pid) => {
    const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
    return await sumOver(threads, async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0");
      return Number(text.split(" ")[0]) / 1e6;
    });
  });
}

async function sumOver<T>(items: readonly T[], read: (item: T) => Promise<number>): Promise<number> {
  const values = await Promise.all(items.map(read));
  return values.reduce((sum, value) => sum + value, 0);
}
