import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { engineSocket } from "../../scripts/engine-api.mjs";
import { findNomad } from "../../test/nomad/bed/nomad-program.ts";
import { type Answer, toAnswer, toLines } from "../report.ts";
import { type CaseOptions, type NomadCase, nomadCases } from "./cases.ts";

const usage = `npm run bench:nomad [-- NAME ...] [--rounds N] [--json]
  names: ${nomadCases.map(({ name }) => name).join(", ")}
`;

/**
 * Measures Longshore beside the built-in driver under the same agent, and ends with 1 when a figure does not hold.
 * Progress goes to stderr. Asked to end, it removes first what it has made.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "25" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const chosen = choose(positionals);
  if ((await findNomad()) === undefined)
    throw new Error("there is no nomad in the PATH; NOMAD_BIN may name one");
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stopping.abort());
  const { signal } = stopping;
  const answers: Answer[] = [];
  for (const each of chosen) {
    const found = await measure(each, { rounds: Number(values.rounds), signal });
    answers.push(...found);
    if (!values.json) process.stdout.write(found.map(toLines).join(""));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(answers, null, 2)}\n`);
  if (answers.some(({ holds }) => !holds)) process.exitCode = 1;
}

async function measure(
  { name, run }: NomadCase,
  options: Pick<CaseOptions, "rounds" | "signal">,
): Promise<readonly Answer[]> {
  const tell = (progress: string) => void process.stderr.write(`${name}: ${progress}\n`);
  tell(`begins, load average ${loadavg()[0]?.toFixed(2)}`);
  try {
    const figures = await run({ ...options, socket: engineSocket(), tell });
    return figures.map(({ title, ...finding }) => toAnswer(title, finding));
  } catch (error) {
    // What fails when asked to end fails because of it.
    if (!options.signal.aborted) throw error;
    tell("interrupted; what was made is removed");
    process.exit(1);
  }
}

function choose(names: readonly string[]): readonly NomadCase[] {
  const unknown = names.filter((name) => !nomadCases.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`no case ${unknown.join(", ")}\n${usage}`);
  return names.length === 0 ? nomadCases : nomadCases.filter(({ name }) => names.includes(name));
}

await main();
