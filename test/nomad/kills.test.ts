import { afterAll, beforeAll, expect, test } from "vitest";
import { callEngineOk, importImage, type PrivateEngine, startPrivateEngine } from "../bed/index.ts";
import {
  type AllocStub,
  countScript,
  describeNomad,
  eventually,
  findContainer,
  findLineFaults,
  type NomadServer,
  noFaults,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  untilLogged,
  useNomad,
} from "./bed/index.ts";
import { createRandom, type Random } from "./bed/random.ts";

/** The long form: `LONGSHORE_KILLS=20 LONGSHORE_KILL_TASKS=10 npm run test:nomad -- kills`. */
const kills = Number(process.env.LONGSHORE_KILLS ?? 5);
const tasks = Number(process.env.LONGSHORE_KILL_TASKS ?? 4);
const seed = Number(process.env.LONGSHORE_SEED ?? 5);

describeNomad("tasks whose plugin, agent and engine are killed", () => {
  let engine: PrivateEngine;
  let image = "";
  beforeAll(async () => {
    engine = await startPrivateEngine({ liveRestore: true });
    image = await importImage(engine.socket, { name: "longshore-test/busybox", tag: "kills" });
  });
  afterAll(async () => await engine?.[Symbol.asyncDispose]());
  const cluster = useNomad(() => startNomadAgent({ socket: engine.socket }));

  const ways = {
    plugin: async () => await cluster.client.killPlugin(),
    agent: async () => {
      await cluster.client.kill();
      await cluster.client.start();
    },
    both: async () => {
      await cluster.client.kill();
      await cluster.client.killPlugin();
      await cluster.client.start();
    },
    engine: async () => {
      await engine.kill();
      await engine.start();
    },
  };

  test.each([
    ["with the agent's log collector", ""],
    ["with log files of its own", "logs {\n direct = true\n}"],
  ])(
    "go on, none restarted, no container left, every line once, %s",
    async (_, docker) => {
      await cluster.client.stop();
      await cluster.client.start({ docker });
      const random = createRandom(seed);
      const allocs = await Promise.all(
        Array.from({ length: tasks }, async (_, index) => {
          return await runJob(
            cluster.server,
            shellJob({ id: `counts-${index}`, script: countScript, image }),
          );
        }),
      );
      const before = await Promise.all(allocs.map((alloc) => facts(engine, alloc)));
      for (const way of pickWays(random, kills)) {
        await ways[way]();
        await Promise.all(allocs.map((alloc) => untilNewLines(cluster.server, alloc)));
      }
      expect(await Promise.all(allocs.map((alloc) => facts(engine, alloc)))).toEqual(before);
      await eventually(async () => (await cluster.client.processes("docker")).length === 1);
      await Promise.all(allocs.map((_, index) => stopJob(cluster.server, `counts-${index}`)));
      for (const alloc of allocs) {
        for (const [stream, word, flags] of [
          ["stdout", "line", []],
          ["stderr", "err", ["-stderr"]],
        ] as const) {
          const log = await cluster.server.nomad(["alloc", "logs", ...flags, alloc.ID]);
          expect({ stream, ...findLineFaults(log.stdout, word) }).toEqual({ stream, ...noFaults });
        }
        const end = await cluster.server.api.get<AllocStub>(`/v1/allocation/${alloc.ID}`);
        expect(end.TaskStates?.app).toMatchObject({ Restarts: 0, Failed: false });
      }
      expect(await callEngineOk(engine.socket, "GET", "/containers/json?all=true")).toEqual([]);
    },
    60_000 + 15_000 * kills,
  );
});

async function facts(engine: PrivateEngine, alloc: AllocStub) {
  const { Id, State } = await findContainer(engine.socket, alloc);
  return { Id, StartedAt: State.StartedAt, running: State.Running };
}

/** A line that was written after this was asked for is in the log. */
async function untilNewLines(server: NomadServer, alloc: AllocStub): Promise<void> {
  const lastLine = /line (\d+)\n(?!.*line)/s;
  const log = await untilLogged(server, alloc, "line ");
  const last = Number(lastLine.exec(log)?.[1] ?? 0);
  await untilLogged(server, alloc, `line ${last + 60}\n`);
}

function pickWays(random: Random, count: number) {
  const all = ["plugin", "agent", "both", "engine"] as const;
  // Each at least once, and then as it comes.
  const first = random.shuffle(all);
  return Array.from({ length: count }, (_, index) => first[index] ?? random.pick(all));
}
