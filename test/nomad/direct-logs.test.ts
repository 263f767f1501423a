import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import {
  describeNomad,
  eventually,
  hasEnded,
  isNomadSince,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  untilLogged,
  useNomad,
} from "./bed/index.ts";

/** Agents before 1.6 start their log collector for every driver that is a plugin; it has nothing to do. */
const hasCollector = !isNomadSince("1.6");
const fifos = hasCollector ? [".app.stderr.fifo", ".app.stdout.fifo"] : [];

describeNomad("log files that the driver writes itself", () => {
  const docker = "logs {\n direct = true\n max_files = 2\n max_file_size = 1\n}";
  const cluster = useNomad(() => startNomadAgent({ socket: bed().socket, docker }));

  const logsOf = (allocId: string) => join(cluster.client.allocDir(allocId), "alloc", "logs");
  const readLog = async (allocId: string, name: string) =>
    await readFile(join(logsOf(allocId), name), "utf8");

  test("need no process of the agent or of the driver, and nomad alloc logs reads them", async () => {
    const script = "echo out; echo err >&2; while :; do sleep 1000 & wait; done";
    const alloc = await runJob(cluster.server, shellJob({ id: "direct", script }));
    await untilLogged(cluster.server, alloc, "out\n");
    await untilLogged(cluster.server, alloc, "err\n", { stream: "stderr" });
    expect(await cluster.client.processes("logmon")).toHaveLength(hasCollector ? 1 : 0);
    expect(await cluster.client.processes("docker_logger")).toEqual([]);
    expect((await cluster.server.nomad(["alloc", "logs", alloc.ID])).stdout).toBe("out\n");
    expect((await readdir(logsOf(alloc.ID))).sort()).toEqual([...fifos, "app.stderr.0", "app.stdout.0"]);
    const { mode, uid } = await stat(join(logsOf(alloc.ID), "app.stdout.0"));
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o644 & ~process.umask(), uid: process.geteuid?.() });
    await stopJob(cluster.server, "direct");
  });

  test("are rotated as the agent's options say, and follow on from restart to restart", async () => {
    // 1.2 MB, more than a file.
    const lines = Array.from({ length: 6000 }, (_, line) => `${String(line + 1).padStart(200, "0")}\n`);
    const script = [
      "echo begin",
      'n=0; while [ $n -lt 6000 ]; do n=$((n+1)); printf "%0200d\\n" $n; done',
      "[ -e /local/second ] && exec sleep 1000",
      "touch /local/second; exit 1",
    ].join("; ");
    const group = 'restart {\n attempts = 1\n delay = "0s"\n mode = "fail"\n}';
    const alloc = await runJob(cluster.server, shellJob({ id: "rotated", script, group }));
    const read = async (name: string) => await readLog(alloc.ID, name).catch(() => "");
    await eventually(async () => (await read("app.stdout.2")).endsWith(lines.at(-1) ?? ""));
    const names = (await readdir(logsOf(alloc.ID))).sort();
    expect(names).toEqual([...fifos, "app.stderr.0", "app.stdout.1", "app.stdout.2"]);
    const text = (await read("app.stdout.1")) + (await read("app.stdout.2"));
    expect(text.slice(text.indexOf("begin\n"))).toBe(`begin\n${lines.join("")}`);
    expect((await stat(join(logsOf(alloc.ID), "app.stdout.1"))).size).toBeLessThanOrEqual(1024 * 1024);
    await stopJob(cluster.server, "rotated");
  });

  test("are complete and hold each line once although plugin and agent are killed", async () => {
    const script = "n=0; while :; do n=$((n+1)); echo line $n; echo err $n >&2; sleep 0.01; done";
    const alloc = await runJob(cluster.server, shellJob({ id: "killed", script }));
    await untilLogged(cluster.server, alloc, "line 20\n");
    await cluster.client.killPlugin();
    await untilLogged(cluster.server, alloc, "line 150\n");
    await cluster.client.kill();
    await cluster.client.killPlugin();
    await cluster.client.start();
    await untilLogged(cluster.server, alloc, "line 300\n");
    await stopJob(cluster.server, "killed");
    for (const [stream, word] of [
      ["stdout", "line"],
      ["stderr", "err"],
    ] as const) {
      const lines = (await readLog(alloc.ID, `app.${stream}.0`)).trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(290);
      expect(lines).toEqual(lines.map((_, index) => `${word} ${index + 1}`));
    }
  });

  // A collector opens the files before, and fails.
  test.skipIf(hasCollector)("never lead out of the task's folder", async () => {
    const precious = join(bed().folder, "precious");
    await writeFile(precious, "mine\n");
    // As a task of the group could that has the folder in a mount of its own.
    const script = [
      "cd /logs && rm -f app.stdout.* victim.stdout.*",
      `ln -s ${precious} victim.stdout.0`,
      `ln -s ${bed().folder} victim.stderr.0`,
    ].join(" && ");
    const evil = {
      name: "evil",
      script,
      config: 'volumes = ["../alloc/logs:/logs"]',
      more: 'lifecycle {\n hook = "prestart"\n}',
    };
    const victim = { name: "victim", script: "echo out; echo err >&2" };
    const alloc = await runJob(
      cluster.server,
      shellJob({ id: "evil", type: "batch", ...victim, tasks: [evil] }),
      hasEnded,
    );
    expect(alloc.ClientStatus).toBe("complete");
    expect(await readFile(precious, "utf8")).toBe("mine\n");
    expect(await readLog(alloc.ID, "victim.stdout.0")).toBe("out\n");
    expect(await readLog(alloc.ID, "victim.stderr.0")).toBe("err\n");
  });
});
