import { Transform } from "node:stream";
import { expect, it } from "vitest";
import { bed, callEngineOk, deferred, type Fault, startFaultProxy } from "../bed/index.ts";
import { afterMs } from "../faults/traces.ts";
import { startDriver } from "./driver-bed.ts";

/** The engine's events, of which those of kills for memory come when they are let go. */
function holdOoms(letGo: Promise<void>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const [ooms, others] = [[] as string[], [] as string[]];
      for (const line of chunk.toString().match(/.+\n?/g) ?? []) {
        (line.includes('"Action":"oom"') ? ooms : others).push(line);
      }
      void letGo.then(() => this.push(ooms.join("")));
      done(null, others.join(""));
    },
  });
}

it("a kill for memory that the engine tells of only after the end is told as the reason of that end", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  const looked = deferred();
  proxy.rule(async (_, path): Promise<Fault> => {
    if (path === "/events") return { through: holdOoms(looked.promise) };
    if (!/^\/containers\/\w+\/json$/.test(path)) return "pass";
    const found = (await callEngineOk(bed().socket, "GET", path)) as { State: object };
    // The answer is there before the event is.
    void afterMs(20).then(looked.resolve);
    return { status: 200, body: { ...found, State: { ...found.State, OOMKilled: false } } };
  });
  await using bench = startDriver({ endpoint: proxy.endpoint });
  const { exit, task } = await bench.run("x=a; while :; do x=$x$x$x; done");
  expect(exit).toEqual({ exitCode: 137, signal: 9, oomKilled: true, error: "OOM Killed" });
  const told = bench.events.filter(({ taskId }) => taskId === task.id).map(({ detail }) => detail.type);
  expect(told.filter((type) => type === "oom" || type === "exited")).toEqual(["oom", "exited"]);
});
