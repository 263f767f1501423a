import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { builtPlugin } from "../../test/nomad/bed/client.ts";
import { compare, timed, toSpread } from "../compare.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { NomadGround } from "./ground.ts";
import { readRss } from "./processes.ts";

/** From the executable's start to its handshake, as an agent starts it, to an empty node process from start to end. */
export async function compareHandshake({ rounds }: CaseOptions): Promise<readonly Figure[]> {
  const found = await compare({
    rounds,
    ours: timeHandshake,
    theirs: async () => {
      const child = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
      return await timed(async () => await once(child, "exit"));
    },
  });
  const title = "executable to handshake, to an empty node process";
  return [{ name: "handshake", title, unit: "times", limit: 4, ...found }];
}

const cookie = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255";

async function timeHandshake(): Promise<number> {
  const env = { ...process.env, NOMAD_PLUGIN_MAGIC_COOKIE: cookie, PLUGIN_PROTOCOL_VERSIONS: "2" };
  const child = spawn(builtPlugin(), [], { env, stdio: ["ignore", "pipe", "ignore"] });
  const time = await timed(async () => await once(child.stdout, "data"));
  child.kill("SIGTERM");
  await once(child, "exit");
  return time;
}

const restMs = 5000;

/** The plugin that stays, when its agent has asked it all that it asks without a task. */
export async function measureSize(options: CaseOptions): Promise<readonly Figure[]> {
  await using ground = await NomadGround.open({ ...options, sides: ["fifo"] });
  await pause(restMs, undefined, { signal: options.signal });
  const plugins = await ground.client("fifo").processes("docker");
  const value = toSpread([(await readRss(plugins.map(({ pid }) => pid))) / 1e6]);
  const title = "the plugin with no task, all that is resident";
  return [{ name: "size", title, unit: "MB", value, limit: 80, samples: 1 }];
}
