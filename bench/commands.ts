import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findTool } from "../scripts/tools.mjs";
import type { CaseOptions } from "./cases.ts";
import { compare, type Finding, timed } from "./compare.ts";
import type { Ground } from "./ground.ts";

/** Whole processes, from nothing to nothing. */
export async function compareRun(ground: Ground, { rounds, command }: CaseOptions): Promise<Finding> {
  const docker = await findTool("docker");
  if (docker === undefined)
    throw new Error("the docker command is missing; Debian and Ubuntu: apt-get install docker.io");
  const file = join(ground.folder, "true.nomad.hcl");
  await writeFile(file, toTrueJob(ground));
  const endpoint = `unix://${ground.socket}`;
  const label = `${ground.label.key}=${ground.label.value}`;
  const dockerArgs = ["-H", endpoint, "run", "--rm", "--label", label, ground.image, "true"];
  const env = { LONGSHORE_DATA_DIR: join(ground.folder, "data") };
  const found = await compare({
    rounds,
    ours: async () => await timeProgram(process.execPath, [command, "run", "-H", endpoint, file], env),
    theirs: async () => await timeProgram(docker, dockerArgs),
  });
  return { name: "run", unit: "times", limit: 1.5, ...found };
}

function toTrueJob({ image, label }: Ground): string {
  return `job "true" {
  type = "batch"
  group "true" {
    task "true" {
      driver = "docker"
      config {
        image   = "${image}"
        command = "true"
        labels {
          "${label.key}" = "${label.value}"
        }
      }
    }
  }
}
`;
}

/** What loading the command costs. */
export async function compareVersion(ground: Ground, { rounds, command }: CaseOptions): Promise<Finding> {
  const empty = join(ground.folder, "empty.mjs");
  await writeFile(empty, "");
  const found = await compare({
    rounds: rounds * 2,
    ours: async () => await timeProgram(process.execPath, [command, "version"]),
    theirs: async () => await timeProgram(process.execPath, [empty]),
  });
  return { name: "version", unit: "times", limit: 3, ...found };
}

async function timeProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  return await timed(async () => {
    const child = spawn(program, args, { stdio: "ignore", env: { ...plainEnv(), ...env } });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${code}`);
  });
}

/**
 * Without a setting of some machines that has nothing to do with either side: with it every Node.js, before it runs
 * anything, reads the certificates of the file and its own 140, which takes twice as long as all the rest of its start.
 */
function plainEnv(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  return env;
}
