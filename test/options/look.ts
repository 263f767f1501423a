import { beforeAll } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import type { TaskConfig, TaskEvent } from "../../src/task/index.ts";
import { bed, callEngineOk } from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";

/** One container that shows many keys at once. */
export interface Look {
  /** The agent's options. */
  readonly agent?: Readonly<Record<string, unknown>>;
  /** The task's `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The rest of the task; made when it is needed. */
  readonly task?: () => Partial<TaskConfig> | Promise<Partial<TaskConfig>>;
  /** Shell commands to run inside, one after the other, under names of their own. */
  readonly see: Readonly<Record<string, string>>;
}

/** What the engine says of a container, as far as the tests look at it. */
export interface Inspected {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, unknown>>;
    readonly Networks: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly Mounts: readonly Readonly<Record<string, unknown>>[];
}

export interface Seen {
  /** What the command of that name wrote, without white space around it. */
  inside(name: string): string;
  readonly inspected: Inspected;
  readonly events: readonly TaskEvent[];
}

/** Runs one container before the tests of this block and answers what was seen of it. */
export function look(at: Look): () => Seen {
  let seen: Seen | undefined;
  beforeAll(async () => {
    seen = await run(at);
  });
  return () => {
    if (seen === undefined) throw new Error("the container did not run");
    return seen;
  };
}

async function run({ agent = {}, config = {}, task, see }: Look): Promise<Seen> {
  const topology = { totalMhz: 4000, cores: 2 };
  await using bench = startDriver({ agentOptions: parseAgentOptions(agent), topology });
  const script = Object.entries(see).map(([name, command]) => `echo "@@${name}"; { ${command}; } 2>&1`);
  const more = await task?.();
  const driverConfig = { ...config, ...more?.driverConfig };
  const ran = await bench.run(script.join("\n"), { ...more, driverConfig });
  const { container_id } = bench.driver.inspectTask(ran.task.id).attributes;
  const inspected = (await callEngineOk(
    bed().socket,
    "GET",
    `/containers/${container_id}/json`,
  )) as Inspected;
  const parts = new Map(
    ran.stdout.split("@@").map((part) => {
      const [name = "", ...lines] = part.replaceAll("\r", "").split("\n");
      return [name, lines.join("\n").trim()];
    }),
  );
  return {
    inside(name) {
      const text = parts.get(name);
      if (text === undefined) throw new Error(`nothing under ${name} in: ${ran.stdout}${ran.stderr}`);
      return text;
    },
    inspected,
    events: [...bench.events],
  };
}
