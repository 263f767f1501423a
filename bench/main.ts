import { parseArgs } from "node:util";
import { engineSocket } from "../scripts/engine-api.mjs";
import { type Case, cases } from "./cases.ts";
import { prepareGround } from "./ground.ts";
import { type Answer, toAnswer, toLines } from "./report.ts";

const usage = `npm run bench [-- --only NAME[,NAME]] [--rounds N] [--json]
  names: ${cases.map(({ name }) => name).join(", ")}
`;

/** Runs the cases and ends with 1 when a figure is over its limit. `command` is the built main.cjs. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string", default: "25" },
      json: { type: "boolean", default: false },
      command: { type: "string", default: "dist/main.cjs" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const chosen = choose(values.only);
  const options = { rounds: Number(values.rounds), command: values.command };
  await using ground = await prepareGround(engineSocket());
  const answers: Answer[] = [];
  for (const { title, run } of chosen) {
    const answer = toAnswer(title, await run(ground, options));
    answers.push(answer);
    if (!values.json) process.stdout.write(toLines(answer));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(answers, null, 2)}\n`);
  if (answers.some(({ holds }) => !holds)) process.exitCode = 1;
}

function choose(only: string | undefined): readonly Case[] {
  if (only === undefined) return cases;
  const names = only.split(",");
  const unknown = names.filter((name) => !cases.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`no case ${unknown.join(", ")}\n${usage}`);
  return cases.filter(({ name }) => names.includes(name));
}

await main();
