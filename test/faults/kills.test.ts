import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  bed,
  callEngineOk,
  importImage,
  pushImage,
  startPrivateEngine,
  startRegistryFront,
} from "../bed/index.ts";
import { type JsonEvent, type RunningCommand, startCommand } from "../cli/command.ts";
import { createChance, isFull, seed } from "./chance.ts";
import { afterMs, faultOf, listTraces, numberedLines } from "./traces.ts";

const program = bed().command;

/** A job with a task that runs on, one that ends and comes back all the time, and one that pulls each time. */
const restlessJob = (image: string, pulled: string) => `job "restless" {
  type = "service"
  ${toGroup("steady", toTask("lines", image, linesAndNoEnd), 'network { mode = "bridge" }')}
  ${toGroup("churn", toTask("churn", image, churning))}
  ${toGroup("pull", toTask("pull", pulled, churning))}
}
`;

/** A job whose task takes its time to stop, and tells each host that takes it over that it is ready. */
const slowJob = (image: string) => `job "slow" {
  type = "service"
  ${toGroup("slow", toTask("slow", image, "trap 'sleep 0.3; exit 0' TERM; while :; do echo ready; sleep 0.02; done"))}
}
`;

/** Runs on after its last line: started anew, it would write once more. */
const linesAndNoEnd = `trap 'exit 0' TERM; ${numberedLines}; while :; do sleep 1000 & wait; done`;

/** Counts its beginnings and its ends. */
const churning = "echo s >> /alloc/data/starts; sleep 0.1; echo e >> /alloc/data/ends; exit 3";

function toGroup(name: string, task: string, more = ""): string {
  return `group "${name}" {
    restart {
      attempts = 1000000
      interval = "24h"
      delay    = "0s"
      mode     = "delay"
    }
    ${more}
    ${task}
  }`;
}

function toTask(name: string, image: string, script: string): string {
  const text = JSON.stringify(script).replaceAll("${", "$${");
  return `task "${name}" {
      driver = "docker"
      config {
        image   = "${image}"
        command = "sh"
        args    = ["-c", ${text}]
      }
      resources {
        cpu    = 100
        memory = 32
      }
    }`;
}

/** Events as far as a killed process could write them. */
function readEvents(stdout: string): readonly JsonEvent[] {
  return stdout.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as JsonEvent];
    } catch {
      return [];
    }
  });
}

interface Exited {
  readonly task: { readonly task: string; readonly allocId: string };
  readonly detail: { readonly type: string; readonly exit: { readonly exitCode: number } };
}

const exitsOf = (events: readonly JsonEvent[]) =>
  events
    .filter((event) => event.type === "task-event")
    .map((event) => event as unknown as Exited)
    .filter(({ detail }) => detail.type === "exited");

describe(`hosts killed at random moments, seed ${seed}`, () => {
  it("lose no task, start none twice, see no exit that was none, and leave nothing", async () => {
    const chance = createChance();
    await using engine = await startPrivateEngine();
    await using front = await startRegistryFront({ upstream: bed().registryHost });
    const image = await importImage(engine.socket, { name: "longshore-test/faults", tag: "1" });
    const name = `faults-${seed}`;
    await pushImage({ registry: bed().registryHost, name, tag: "latest" });
    front.script(async () => {
      await afterMs(chance.between(0, 100));
      return "pass" as const;
    });
    const pause = await importImage(
      engine.socket,
      { name: "longshore-test/pause", tag: "1" },
      { command: ["sleep", "3600"] },
    );
    const folder = await mkdtemp(join(bed().folder, "kills-"));
    const config = join(folder, "agent.hcl");
    const logs = `logs {\n      from_files = ${chance.happens(0.5)}\n    }`;
    await writeFile(
      config,
      `plugin "docker" {\n  config {\n    infra_image = "${pause}"\n    ${logs}\n  }\n}\n`,
    );
    const env = { DOCKER_HOST: engine.endpoint, LONGSHORE_DATA_DIR: join(folder, "data") };
    const run = async (job: string, text: string): Promise<RunningCommand> => {
      const file = join(folder, `${job}.nomad.hcl`);
      await writeFile(file, text);
      return await startCommand(program, ["run", "--json", "-config", config, file], { env });
    };
    const events: JsonEvent[] = [];
    const end = async (command: RunningCommand, signal: NodeJS.Signals) => {
      command.child.kill(signal);
      const result = await command.result;
      events.push(...readEvents(result.stdout));
      return result;
    };

    const restless = restlessJob(image, `${front.host}/${name}:latest`);
    for (let kill = 0; kill < (isFull ? 38 : 8); kill++) {
      await using command = await run("restless", restless);
      if (chance.happens(0.8)) await command.saw('"job-started"');
      await afterMs(chance.between(0, 1200));
      await end(command, "SIGKILL");
      const running = await runningTasks(engine.socket);
      expect(new Set(running).size, `double: ${running}`).toBe(running.length);
    }

    await using last = await run("restless", restless);
    await last.saw('"task":"lines"');
    const alloc = await findAlloc(folder, "lines");
    await writeFile(join(alloc, "lines", "local", "stop"), "");
    await last.saw("end\\n");
    // The files have it a little later than the output.
    await expect.poll(() => readFault(alloc, "lines"), { timeout: 60_000 }).toBeUndefined();
    // Both have come up at least once, however slow the machine.
    while ((await countTurns(folder)).length < 2) await afterMs(50);
    const churned = await countTurns(folder);
    const { code } = await end(last, "SIGTERM");
    expect(code).toBe(143);
    const churns = exitsOf(events).filter(({ task }) => task.task !== "lines");
    const stopped = churns.filter(({ detail }) => detail.exit.exitCode !== 3);
    expect(stopped.length).toBeLessThanOrEqual(2);
    for (const { starts, ends } of churned) expect(starts - ends).toBeLessThanOrEqual(1);
    expect(await listTraces(engine.socket)).toEqual({
      containers: [],
      networks: [],
      volumes: [],
      images: [image, pause],
    });

    for (let kill = 0; kill < (isFull ? 12 : 2); kill++) {
      await using command = await run("slow", slowJob(image));
      await command.saw('"ready\\n"');
      // None when the host before was killed between asking it to stop and noting that: it has just ended then.
      expect((await runningTasks(engine.socket)).length).toBeLessThanOrEqual(1);
      command.child.kill("SIGTERM");
      await afterMs(chance.between(0, 700));
      await end(command, "SIGKILL");
    }
    await using slow = await run("slow", slowJob(image));
    await slow.saw('"ready\\n"');
    await end(slow, "SIGTERM");
    expect((await listTraces(engine.socket)).containers).toEqual([]);
  }, 600_000);
});

/** Names of the tasks whose containers run, one for each container. */
async function runningTasks(socket: string): Promise<readonly string[]> {
  const all = (await callEngineOk(socket, "GET", "/containers/json")) as { Names: string[] }[];
  return all.map(({ Names }) => (Names[0] ?? "").replace(/-[0-9a-f-]{36}$/, ""));
}

/** The folder of the allocation that has the task. */
async function findAlloc(folder: string, task: string): Promise<string> {
  const allocs = join(folder, "data", "alloc");
  for (const alloc of await readdir(allocs)) {
    if ((await readdir(join(allocs, alloc))).includes(task)) return join(allocs, alloc);
  }
  throw new Error(`no allocation has the task ${task}`);
}

/** What is wrong with all of a task's output, from its rotated files. */
async function readFault(alloc: string, task: string): Promise<string | undefined> {
  const logs = join(alloc, "alloc", "logs");
  const names = (await readdir(logs)).filter((name) => name.startsWith(`${task}.stdout.`));
  const order = (name: string) => Number(name.split(".").at(-1));
  names.sort((a, b) => order(a) - order(b));
  return faultOf((await Promise.all(names.map((name) => readFile(join(logs, name), "utf8")))).join(""));
}

/** How often each of the tasks that come back has begun and ended. */
async function countTurns(folder: string) {
  const allocs = join(folder, "data", "alloc");
  const turns = [];
  for (const alloc of await readdir(allocs)) {
    const count = async (file: string) =>
      (await readFile(join(allocs, alloc, "alloc", "data", file), "utf8").catch(() => "")).length / 2;
    const [starts, ends] = [await count("starts"), await count("ends")];
    if (starts > 0) turns.push({ starts, ends });
  }
  return turns;
}
