import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { bed, callEngineOk } from "../bed/index.ts";
import { type CommandResult, type RunningCommand, startCommand, writeJob } from "../cli/command.ts";

/** A text and the word that the page has in its place. */
export type Place = readonly [from: string | RegExp, to: string];

export interface DayOptions {
  /** Between `run` and the file. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of a new folder that is the run's own. */
  readonly dataDir?: string;
  /** Path of the engine's socket, for example a proxy's; the bed's engine by default. */
  readonly socket?: string;
  /** What differs from run to run. */
  readonly places?: readonly Place[];
}

/** `longshore run` on a bad day. */
export interface Day extends RunningCommand {
  readonly dataDir: string;
  /** Resolves when stdout or stderr, so far or later, has the text. */
  reads(text: string): Promise<void>;
  /** Waits for the command's end; answers what a person has read, places replaced. */
  ends(): Promise<CommandResult & { readonly shown: string }>;
}

/** Starts `longshore run` of a job file's text, with its ports on 127.0.0.1. */
export async function startDay(
  program: string,
  job: string | Uint8Array,
  options: DayOptions = {},
): Promise<Day> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(bed().folder, "bad-day-")));
  const file = await writeJob(job);
  const env = {
    DOCKER_HOST: `unix://${options.socket ?? bed().socket}`,
    LONGSHORE_DATA_DIR: dataDir,
    LONGSHORE_ADDRESS: "127.0.0.1",
    ...options.env,
  };
  const command = await startCommand(program, ["run", ...(options.args ?? []), file], { env });
  let output = "";
  for (const stream of [command.child.stdout, command.child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const places = [[file, "job.nomad.hcl"], [dataDir, "<data>"], ...(options.places ?? [])] as const;
  return {
    ...command,
    dataDir,
    async reads(text) {
      while (!output.includes(text)) {
        const { stdout, stderr } = command.child;
        const end = await Promise.race([once(stdout, "data"), once(stderr, "data"), command.result]);
        if (!Array.isArray(end) && !output.includes(text))
          throw new Error(`ended without "${text}":\n${output}`);
      }
    },
    async ends() {
      const result = await command.result;
      const all = `${result.stdout}${result.stderr}`;
      const shown = places.reduce((text, [from, to]) => text.replaceAll(from, to), all);
      return { ...result, shown };
    },
  };
}

/** Runs a job file's text to its end. */
export async function liveDay(
  program: string,
  job: string | Uint8Array,
  options?: DayOptions,
): Promise<Awaited<ReturnType<Day["ends"]>> & { readonly dataDir: string }> {
  const day = await startDay(program, job, options);
  return { ...(await day.ends()), dataDir: day.dataDir };
}

/** Names of the containers, running or not, that have a folder of this data folder. */
export async function containersAt(dataDir: string): Promise<readonly string[]> {
  const all = (await callEngineOk(bed().socket, "GET", "/containers/json?all=true")) as {
    readonly Names: readonly string[];
    readonly Mounts: readonly { readonly Source?: string }[];
  }[];
  const isOurs = ({ Source = "" }: { readonly Source?: string }) => Source.startsWith(`${dataDir}/`);
  return all.filter(({ Mounts }) => Mounts.some(isOurs)).flatMap(({ Names }) => Names);
}

const keptLogs = /^alloc(\/[^/]+(\/alloc(\/logs(\/[^/]+)?)?)?)?$/;
const keptState = /^(jobs(\/[^/]+(\/state\.json)?)?|images-[^/]+(\/[^/]+\.json)?)$/;

/**
 * No container, no image of the reference when one is given, and nothing in the data folder but what a failed job
 * keeps for its user: its log files, the note for its next run where they are, and for any next run those of images
 * that an engine which is away still has to remove.
 */
export async function expectNothingLeft(dataDir: string, reference?: string): Promise<void> {
  expect(await containersAt(dataDir)).toEqual([]);
  const paths = await readdir(dataDir, { recursive: true });
  expect(paths.filter((path) => !keptLogs.test(path) && !keptState.test(path))).toEqual([]);
  const isKept = (start: string): boolean => paths.some((path) => path.startsWith(start));
  expect(isKept("jobs/") || !isKept("alloc/")).toBe(true);
  if (reference === undefined) return;
  const filters = JSON.stringify({ reference: [reference] });
  const query = new URLSearchParams({ filters });
  expect(await callEngineOk(bed().socket, "GET", `/images/json?${query}`)).toEqual([]);
}

/** The messages that docs/bad-days.md has for a condition. */
export async function messagesOf(condition: string): Promise<readonly string[]> {
  const page = await readFile(new URL("../../docs/bad-days.md", import.meta.url), "utf8");
  const row = page.split("\n").find((line) => line.startsWith(`| ${condition} |`));
  if (row === undefined) throw new Error(`docs/bad-days.md has no row "${condition}"`);
  const [, cell = ""] = row.split(" | ");
  return [...cell.matchAll(/(`+) ?(.+?) ?\1(?!`)/g)].map(([, , message = ""]) => message);
}

/** What was shown has each message that the page has for the condition, and no stack. */
export async function expectTold(condition: string, shown: string): Promise<void> {
  const messages = await messagesOf(condition);
  expect(messages).not.toEqual([]);
  const missing = messages.filter((message) => !shown.includes(message));
  expect(missing, shown.slice(-2000)).toEqual([]);
  expect(shown.match(/^\s+at .*/m)).toBe(null);
}

/** Tells the one task of a run, which waits for it, to end. */
export async function letGo({ dataDir }: Pick<Day, "dataDir">): Promise<void> {
  const [allocId = ""] = await readdir(join(dataDir, "alloc"));
  await writeFile(join(dataDir, "alloc", allocId, "alloc/data/stop"), "");
}

/** Lets a user without rights use what lies in the bed's folder. */
export async function openBed(): Promise<void> {
  await chmod(bed().folder, 0o711);
}
