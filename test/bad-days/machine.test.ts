import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bed, freePort, startFaultProxy } from "../bed/index.ts";
import { runCommand, shellJob, writeJob } from "../cli/command.ts";
import { expectNothingLeft, expectTold, liveDay, openBed, type Place, startDay } from "./bad-day.ts";

const program = bed().command;
let asNobody: string;
beforeAll(async () => {
  asNobody = await makeNobody();
});

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

/** The command as a user without rights. */
async function makeNobody(): Promise<string> {
  const path = join(await mkdtemp(join(bed().folder, "as-nobody-")), "as-nobody.mjs");
  const lines = [
    "process.setgroups([]);",
    `process.setgid(${nobody});`,
    `process.setuid(${nobody});`,
    `await import(${JSON.stringify(program)});`,
  ];
  await writeFile(path, lines.join("\n"));
  await chmod(dirname(path), 0o755);
  await openBed();
  return path;
}

async function ownedDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(bed().folder, "bad-day-"));
  await chown(dataDir, nobody, nobody);
  return dataDir;
}

const withPort = (port: number) =>
  shellJob("echo up; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done").replace(
    'task "sh" {',
    `network {\n port "http" {\n static = ${port}\n}\n}\n task "sh" {`,
  );
const published = (port: number) => withPort(port).replace("config {", 'config {\n ports = ["http"]');

const placesOf = (port: number): readonly Place[] => [
  [String(port), "8080"],
  [/pid \d+/g, "pid <pid>"],
  [/taken by ".+?"/g, 'taken by "<program>"'],
];

describe("a port", () => {
  test("that another program has is told with the program, before anything is made", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const day = await liveDay(program, withPort(port), { places: placesOf(port) });
      expect(day.code).toBe(1);
      expect(day.stderr).toContain(`(pid ${process.pid})`);
      await expectTold("a port taken by another program", day.shown);
      await expectNothingLeft(day.dataDir);
    } finally {
      server.close();
    }
  });

  test("that another container has is told as that, before anything is made", async () => {
    const port = await freePort();
    const first = await startDay(program, published(port));
    await first.reads("up\n");
    const second = await liveDay(program, published(port).replace('job "shell"', 'job "other"'), {
      places: placesOf(port),
    });
    first.child.kill("SIGINT");
    expect([second.code, (await first.ends()).code]).toEqual([1, 130]);
    await expectTold("a port taken by another container", second.shown);
    await expectNothingLeft(second.dataDir);
    await expectNothingLeft(first.dataDir);
  });
});

describe("one job", () => {
  test("that two commands run at once is refused to the second with the first's process, and the first goes on", async () => {
    const job = shellJob("echo up; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done");
    const first = await startDay(program, job);
    await first.reads("up\n");
    const second = await liveDay(program, job, {
      dataDir: first.dataDir,
      places: [[/process \d+/g, "process <pid>"]],
    });
    first.child.kill("SIGINT");
    const { code, stderr } = await first.ends();
    expect([second.code, code]).toEqual([1, 130]);
    expect(stderr).not.toContain("error");
    await expectTold("two `longshore run` of one job at once", second.shown);
    await expectNothingLeft(first.dataDir);
  });
});

describe.runIf(isRoot)("a user without rights", () => {
  test("is told of a socket without permission what to do, and nothing is made", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await chmod(proxy.socket, 0o600);
    const job = await writeJob(shellJob("true"));
    await chmod(dirname(job), 0o755);
    const dataDir = await ownedDataDir();
    const env = { DOCKER_HOST: proxy.endpoint, LONGSHORE_DATA_DIR: dataDir, HOME: "/nonexistent" };
    const { code, stderr } = await runCommand(asNobody, ["run", job], { env });
    expect(code).toBe(1);
    await expectTold("a socket without permission", stderr.replaceAll(proxy.socket, "/run/docker.sock"));
    await expectNothingLeft(dataDir);
  });

  test("is told of a data folder that is not writable, and nothing is made", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await chmod(proxy.socket, 0o666);
    const job = await writeJob(shellJob("true"));
    await chmod(dirname(job), 0o755);
    const dataDir = await mkdtemp(join(bed().folder, "bad-day-"));
    await chmod(dataDir, 0o755);
    const env = { DOCKER_HOST: proxy.endpoint, LONGSHORE_DATA_DIR: dataDir, HOME: "/nonexistent" };
    const { code, stderr } = await runCommand(asNobody, ["run", job], { env });
    expect(code).toBe(1);
    await expectTold("a data folder that is not writable", stderr.replaceAll(dataDir, "<data>"));
    await expectNothingLeft(dataDir);
  });

  test("is told of a job file that may not be read", async () => {
    const job = await writeJob(shellJob("true"));
    await chmod(dirname(job), 0o755);
    await chmod(job, 0);
    const { code, stderr } = await runCommand(asNobody, ["run", job], { env: { HOME: "/nonexistent" } });
    expect(code).toBe(2);
    await expectTold("an unreadable file", stderr.replaceAll(job, "job.nomad.hcl"));
  });
});

const mayMount = isRoot && canMount();

function canMount(): boolean {
  const folder = execFileSync("mktemp", ["-d"]).toString().trim();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    execFileSync("rmdir", [folder]);
  }
}

/** A data folder on a disk of its own, as small as the mount's options say. */
async function smallDisk(options: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(bed().folder, "small-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync("umount", ["-l", path]);
    },
  };
}

describe.runIf(mayMount)("a full disk", () => {
  test("where the alloc folders are ends with 1 and says so, and no container is left", async () => {
    await using disk = await smallDisk("size=64k");
    execFileSync("sh", ["-c", 'cat /dev/zero > "$1/fill" 2>/dev/null || true', "sh", disk.path]);
    const { code, shown } = await liveDay(program, shellJob("true"), { dataDir: disk.path });
    expect(code).toBe(1);
    await expectTold("a full disk for alloc folders", shown);
    await rm(join(disk.path, "fill"));
    await expectNothingLeft(disk.path);
  });

  test("that takes no more files where the alloc folders are ends with 1, and nothing is left", async () => {
    await using disk = await smallDisk("size=64k,nr_inodes=9");
    const { code, shown } = await liveDay(program, shellJob("true"), {
      dataDir: disk.path,
      places: [[/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<alloc>"]],
    });
    expect(code).toBe(1);
    await expectTold("a disk that takes no more files", shown);
    await expectNothingLeft(disk.path);
  });

  test("where the logs are is told once, and the task goes on with all its output", async () => {
    await using disk = await smallDisk("size=256k");
    const script = "yes $(seq 1 2000 | tr '\\n' ' ') | head -c 1500000";
    const { code, stdout, shown } = await liveDay(program, shellJob(script), { dataDir: disk.path });
    expect([code, stdout.length]).toEqual([0, 1_500_000]);
    await expectTold("a full disk for logs", shown);
    expect(shown.match(/Log files cannot be written/g)).toHaveLength(1);
    await expectNothingLeft(disk.path);
  });
});
