import { createDockerDriver } from "../driver/index.ts";
import { createEngine } from "../engine/index.ts";
import type { Fingerprint } from "../task/index.ts";
import type { Command } from "./command-io.ts";
import { chooseEndpoint } from "./engine-setup.ts";
import { exitCodes } from "./exit-code.ts";
import { loadSetting } from "./load-setting.ts";
import { toJsonLine } from "./render/json-events.ts";
import { pad } from "./render/text.ts";

/** `longshore fingerprint`: which engine, why that one, and what it can do. Answers 1 when there is none. */
export const fingerprint: Command = async (input, io) => {
  const { agentOptions } = await loadSetting(input, io);
  const found = chooseEndpoint(input, io, agentOptions);
  await using engine = createEngine(found);
  await using driver = createDockerDriver({ engine, agentOptions });
  const print = await first(driver.fingerprint());
  const shown = { endpoint: found.endpoint, reason: found.reason, ...print };
  if (input.on("json")) io.screen.output(toJsonLine(shown));
  else {
    const { bold, dim, green, red } = io.outputColors;
    const paint = print.health === "healthy" ? green : red;
    io.screen.output(`${bold("Engine")}  ${found.reason}\n${bold("Health")}  ${paint(print.description)}\n`);
    const names = Object.keys(print.attributes);
    const columns = Math.max(0, ...names.map((name) => name.length));
    if (names.length > 0) io.screen.output("\n");
    for (const [name, value] of Object.entries(print.attributes))
      io.screen.output(`${dim(pad(name, columns))}  ${value}\n`);
  }
  return print.health === "healthy" ? exitCodes.ok : exitCodes.failed;
};

async function first(prints: AsyncIterable<Fingerprint>): Promise<Fingerprint> {
  for await (const print of prints) return print;
  throw new Error("the driver gave no fingerprint");
}
