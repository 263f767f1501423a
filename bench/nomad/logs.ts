import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { timed } from "../compare.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { measureInTurn, type Readings, toRatio } from "./in-turn.ts";

const line =
  "the quick brown fox jumps over the lazy dog, and again, until it is a hundred bytes long, or so";
const lines = 400_000;
const bytes = lines * (line.length + 1);
/** Writes when it is told to, so that its start is not measured. */
const script = `
trap 'exit 0' TERM
until [ -d /alloc/go ]; do sleep 0.05; done
yes '${line}' | head -n ${lines}
sleep 100000 & wait
`;

/** What a task writes as fast as it can, until `nomad alloc logs -f` has shown it, in MB a second. */
export async function compareLogs(options: CaseOptions): Promise<readonly Figure[]> {
  await using ground = await NomadGround.open(options);
  const rounds = Math.max(3, Math.round(options.rounds / 5));
  const measure = async (side: Side) => await readThroughput(ground, side, options.signal);
  const readings = await measureInTurn({ ...options, rounds, sides: allSides, warmUps: 1, measure });
  return [toFigure(readings, "fifo", 1), toFigure(readings, "direct", 1.2)];
}

function toFigure(readings: Readings, side: "fifo" | "direct", limit: number): Figure {
  return {
    name: side === "fifo" ? "logs" : "logs-direct",
    title: `log throughput to nomad alloc logs, ${side === "fifo" ? "FIFO" : side} logs`,
    limit,
    atLeast: true,
    sideUnit: "MB/s",
    ...toRatio(readings, side),
  };
}

async function readThroughput(ground: NomadGround, side: Side, signal: AbortSignal): Promise<number> {
  const { id, allocs } = await ground.run(side, { count: 1, script });
  const allocId = allocs[0]?.ID ?? "";
  const child = spawn(ground.server.program, ["alloc", "logs", "-f", allocId, "app"], {
    env: { ...process.env, NOMAD_ADDR: ground.server.api.address },
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  child.on("error", () => undefined);
  const ended = once(child, "close");
  const go = join(ground.client(side).allocDir(allocId), "alloc", "go");
  const ms = await timed(async () => {
    await mkdir(go);
    let read = 0;
    for await (const chunk of child.stdout) {
      read += (chunk as Buffer).byteLength;
      if (read >= bytes) break;
    }
    if (read !== bytes) throw new Error(`${side}: ${read} bytes of ${bytes} were shown`);
  });
  child.kill("SIGKILL");
  await ended;
  await rmdir(go);
  await ground.stop(id);
  return bytes / 1e6 / (ms / 1000);
}
