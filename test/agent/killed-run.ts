import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import type { Job } from "../../src/jobfile/job.ts";
import { bed } from "../bed/index.ts";

/** A process that runs a job as `longshore run` would; to be killed. */
export interface ForeignRun {
  readonly pid: number;
  /** Resolves with the first line that contains `text`. */
  line(text: string): Promise<string>;
  /** SIGKILL, and the end of the process. */
  kill(): Promise<void>;
}

const script = `
import { createAgent } from ${JSON.stringify(resolve("src/agent/index.ts"))};
import { createDockerDriver } from ${JSON.stringify(resolve("src/driver/index.ts"))};
import { createEngine } from ${JSON.stringify(resolve("src/engine/index.ts"))};
const { socket, dataDir, job } = JSON.parse(process.argv[2]);
const engine = createEngine({ endpoint: "unix://" + socket });
const driver = createDockerDriver({ engine });
const agent = createAgent({ driver, dataDir, hostAddress: "127.0.0.1" });
const run = await agent.runJob(job);
for await (const event of run.events) console.log(JSON.stringify(event));
`;

export async function startForeignRun(dataDir: string, job: Job): Promise<ForeignRun> {
  const input = join(bed().folder, `foreign-${process.pid}.mjs`);
  const bundled = join(bed().folder, `foreign-${process.pid}.bundle.mjs`);
  await writeFile(input, script);
  const banner =
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  await build({
    entryPoints: [input],
    outfile: bundled,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.12",
    banner: { js: banner },
    logLevel: "error",
  });
  const argument = JSON.stringify({ socket: bed().socket, dataDir, job });
  const child = spawn(process.execPath, [bundled, argument], { stdio: ["ignore", "pipe", "inherit"] });
  return follow(child);
}

function follow(child: ChildProcess): ForeignRun {
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout === null || child.pid === undefined) throw new Error("the process did not start");
  createInterface(child.stdout).on("line", (line) => {
    seen.push(line);
    for (const check of [...waiting]) check();
  });
  const exit = once(child, "exit");
  return {
    pid: child.pid,
    line: (text) =>
      new Promise((resolvePromise, reject) => {
        const check = (): void => {
          const found = seen.find((line) => line.includes(text));
          if (found === undefined) return;
          waiting.delete(check);
          resolvePromise(found);
        };
        waiting.add(check);
        check();
        void exit.then(() => reject(new Error(`the process ended: ${seen.join("\n")}`)));
      }),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
