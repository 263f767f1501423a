import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { isLongshoreError } from "../../src/task/index.ts";
import {
  bed,
  callEngineOk,
  type EngineRequest,
  type Fault,
  type FaultProxy,
  startFaultProxy,
} from "../bed/index.ts";
import { fromEngine, MemorySink, makeShellTask, startDriver, type TestDriver } from "../driver/driver-bed.ts";
import { createChance, isFull, seed } from "./chance.ts";
import { afterMs, faultOf } from "./traces.ts";

const faults = {
  cut: "cut",
  "cut after it is done": "cut-after",
  delayed: "pass",
  halved: { truncateAfter: 10 },
  garbled: "garble",
  "never answered": "hang",
  refused: { status: 500, body: { message: "the engine is not well" } },
} as const satisfies Readonly<Record<string, Fault>>;
type FaultName = keyof typeof faults;

const script = "n=0; while [ $n -lt 200 ]; do n=$((n+1)); echo line $n; done; echo end; exit 5";
/** How often a host would try. */
const mostTries = 5;

interface Ground extends AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly bench: TestDriver;
}

/** A driver of its own that has called nothing yet, and that does not wait long for an answer. */
async function openGround(): Promise<Ground> {
  const proxy = await startFaultProxy({ target: bed().socket });
  const engine = createEngine({ endpoint: proxy.endpoint, callTimeoutMs: 2000 });
  const bench = startDriver({ ...fromEngine, engine });
  return {
    proxy,
    bench,
    async [Symbol.asyncDispose]() {
      proxy.rule(undefined);
      await bench[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** A task's whole life; what fails with an error that may be tried again is, as a host would. */
async function live({ bench }: Ground) {
  const task = await makeShellTask(script, { driverConfig: { network_mode: "none" } });
  const sink = new MemorySink();
  await persist(() => bench.startTask(task, { logs: sink }));
  const exit = await bench.driver.waitTask(task.id, { signal: AbortSignal.timeout(30_000) });
  await persist(() => bench.driver.destroyTask(task.id));
  return { task, exit, output: sink.text() };
}

async function persist(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isLongshoreError(error) || !error.retryable || tries === mostTries) throw error;
    }
  }
}

/** Each call of a life, in the order in which they come first. */
async function listCalls(): Promise<readonly string[]> {
  await using ground = await openGround();
  await live(ground);
  return [...ground.proxy.counts.keys()];
}

async function liveThrough(call: string, name: FaultName): Promise<string | undefined> {
  await using ground = await openGround();
  const { proxy, bench } = ground;
  let struck = false;
  proxy.rule(async (method, path, request) => {
    if (struck || !isFirst(call, { ...request, method, path }, proxy)) return "pass";
    struck = true;
    if (name === "delayed") await afterMs(400);
    return faults[name];
  });
  try {
    const { task, exit, output } = await live(ground);
    if (!struck) return "the fault never came";
    if (exit.exitCode !== 5) return `it exited with ${JSON.stringify(exit)}`;
    const exits = bench.events.filter(({ detail }) => detail.type === "exited");
    if (exits.length !== 1) return `its end was told ${exits.length} times`;
    const left = await containersOf(task.allocId, proxy);
    return left > 0 ? `${left} containers are left` : faultOf(output);
  } catch (error) {
    return `it failed: ${error}`;
  }
}

/** The proxy has counted the request just now. */
function isFirst(call: string, { method, count }: EngineRequest, proxy: FaultProxy): boolean {
  return call.startsWith(`${method} `) && count === 1 && proxy.counts.get(call) === 1;
}

/** What is left once all that was asked for is done. */
async function containersOf(allocId: string, proxy: FaultProxy): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.hashicorp.nomad.alloc_id=${allocId}`] }));
  for (;;) {
    const asked = proxy.requests.length;
    const found = (await callEngineOk(
      bed().socket,
      "GET",
      `/containers/json?all=1&filters=${filters}`,
    )) as [];
    await afterMs(300);
    if (found.length === 0 || proxy.requests.length === asked) return found.length;
  }
}

describe(`a connection on which one call of a task's life goes wrong, seed ${seed}`, () => {
  it("costs no task, no line of output, no exit, and leaves nothing", async () => {
    const chance = createChance();
    const calls = await listCalls();
    expect(calls).toContain("POST /containers/create");
    const all = Object.keys(faults).flatMap((name) =>
      calls.map((call) => [call, name as FaultName] as const),
    );
    const chosen = isFull ? all : all.filter(() => chance.happens(0.15));
    const wrong: string[] = [];
    for (let at = 0; at < chosen.length; at += 6) {
      await Promise.all(
        chosen.slice(at, at + 6).map(async ([call, name]) => {
          const fault = await liveThrough(call, name);
          if (fault !== undefined) wrong.push(`${call} ${name}: ${fault}`);
        }),
      );
    }
    expect(wrong).toEqual([]);
  }, 600_000);
});
