import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockJob } from "./job-lock.ts";
import { parseJobRecord } from "./parse-record.ts";
import { type JobRecord, newTaskRecord } from "./run-record.ts";
import { createStateStore, makeJobFolder, toJobFolder } from "./state-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-state-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function record(jobHash: string): JobRecord {
  return { version: 1, jobId: "job", jobHash, allocations: [], stopping: false };
}

function leaves(
  value: unknown,
  path: readonly string[] = [],
): readonly (readonly [readonly string[], unknown])[] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]));
}

describe("a job's state", () => {
  test("is read back as it was saved last", async () => {
    const store = createStateStore(folder);
    expect(await store.load()).toEqual({ record: undefined, setAside: undefined });
    await Promise.all(["a", "b", "c"].map((hash) => store.save(record(hash))));
    expect((await createStateStore(folder).load()).record).toEqual(record("c"));
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  test("is gone once it was removed, whatever was still to be written", async () => {
    const store = createStateStore(folder);
    const saves = ["a", "b"].map((hash) => store.save(record(hash)));
    await store.close({ remove: true });
    await Promise.all(saves);
    expect(await readdir(folder)).toEqual([]);
  });

  test("that cannot be saved leaves no part of it", async () => {
    await mkdir(join(folder, "state.json"));
    await expect(createStateStore(folder).save(record("a"))).rejects.toMatchObject({
      message: expect.stringContaining("cannot save the job's state in"),
    });
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  test("is readable by its owner only: it holds the tasks' environment", async () => {
    const jobFolder = join(folder, "jobs/x");
    await makeJobFolder(jobFolder);
    await createStateStore(jobFolder).save(record("a"));
    expect((await stat(jobFolder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(jobFolder, "state.json"))).mode & 0o777).toBe(0o600);
  });

  test.runIf(process.platform === "linux")("needs a folder on a disk", async () => {
    await expect(makeJobFolder("/proc/x/jobs/web")).rejects.toMatchObject({
      kind: "not-found",
      message: "cannot make the folder /proc/x: there can be no new folder",
      hint: "Choose a data folder on a disk.",
    });
  });

  test.each(["", "{", "null", '{"version":2}', "\0\0\0"])(
    "that reads %j is set aside, not lost",
    async (text) => {
      await writeFile(join(folder, "state.json"), text);
      const { record: found, setAside } = await createStateStore(folder).load();
      expect(found).toBeUndefined();
      expect(await readFile(setAside ?? "", "utf8")).toBe(text);
    },
  );

  test("is taken as a whole or not at all, whatever part of it is damaged", () => {
    const whole = {
      ...record("a"),
      allocations: [
        {
          id: "01234567-89ab-cdef-0123-456789abcdef",
          group: "g",
          index: 0,
          ports: {
            group: [{ label: "http", value: 1, to: 0, hostIp: "" }],
            tasks: { web: { ip: "", reservedPorts: [], dynamicPorts: [{ label: "x", value: 2 }] } },
          },
          createdAtMs: 0,
          networkRequested: false,
          network: null,
          tasks: { web: newTaskRecord({ cores: [], stopWith: { graceMs: 1, killSignal: null } }) },
        },
      ],
    };
    const text = JSON.stringify(whole);
    expect(parseJobRecord(text)).toEqual(whole);
    expect(
      parseJobRecord(text.replace(whole.allocations[0]?.id ?? "", "../../../../../../../../etc/passwd")),
    ).toBe(undefined);
    for (const [path] of leaves(whole)) {
      const damaged = JSON.parse(text);
      const parent = path.slice(0, -1).reduce((node, key) => node[key], damaged);
      parent[path.at(-1) ?? ""] = [{}];
      // The driver's own and free texts are not ours to know.
      if (/hostIp|to$|killSignal/.test(path.join("."))) continue;
      expect([path.join("."), parseJobRecord(JSON.stringify(damaged))]).toEqual([path.join("."), undefined]);
    }
  });

  test("a save after the end does nothing", async () => {
    const store = createStateStore(folder);
    await store.save(record("a"));
    await store.close({ remove: true });
    await store.save(record("b"));
    expect(await readdir(folder)).toEqual([]);
  });

  test.each(["web", "web/../../etc", "..", ".", "", "a b", "ä", "x".repeat(300), "A~0"])(
    "of job %j stays in the data folder",
    (id) => {
      const path = toJobFolder("/data", id);
      expect(path).toMatch(/^\/data\/jobs\/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}$/);
    },
  );

  test("different jobs have different folders", () => {
    const ids = ["a/b", "a_b", "a b", "..", "__", "A", "a"];
    expect(new Set(ids.map((id) => toJobFolder("/data", id))).size).toBe(ids.length);
  });
});

describe("a job's lock", () => {
  test("is held by one at a time, and the other is told by whom", async () => {
    const path = join(folder, "job");
    const lock = await lockJob(path, "job");
    await expect(lockJob(path, "job")).rejects.toMatchObject({
      kind: "conflict",
      message: `job "job" is run by process ${process.pid} already`,
    });
    await lock[Symbol.asyncDispose]();
    const next = await lockJob(path, "job");
    expect(next.takenOver).toBe(false);
    await next[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  });

  test("of a dead process is taken over, by exactly one of many", async () => {
    const path = join(folder, "job");
    await mkdir(path);
    const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
    await writeFile(join(path, "lock.old"), JSON.stringify({ pid: dead, startTime: "1", bootId }));
    for (let round = 0; round < 20; round += 1) {
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockJob(path, "job")));
      const taken = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(taken).toHaveLength(1);
      await taken[0]?.[Symbol.asyncDispose]();
    }
  });

  test("of a process whose id another process has now is taken over", async () => {
    const path = join(folder, "job");
    await mkdir(path);
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
    await writeFile(join(path, "lock.old"), JSON.stringify({ pid: process.pid, startTime: "1", bootId }));
    const lock = await lockJob(path, "job");
    expect(lock.takenOver).toBe(true);
    await lock[Symbol.asyncDispose]();
  });

  test("that cannot be read is taken over", async () => {
    const path = join(folder, "job");
    await mkdir(path);
    await writeFile(join(path, "lock.old"), "half");
    await (await lockJob(path, "job"))[Symbol.asyncDispose]();
  });

  test("where a file is in the way is an error that says so", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(lockJob(join(folder, "file/jobs/x"), "x")).rejects.toThrow(
      /cannot make the folder .*: a part of the path is a file, not a folder/,
    );
  });
});
