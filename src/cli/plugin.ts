import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAgentOptions } from "../driver/index.ts";
import { type AgentConfig, readAgentConfig } from "../jobfile/index.ts";
import { installPlugin } from "../plugin/install.ts";
import { toUsage } from "../plugin/usage.ts";
import { LongshoreError } from "../task/index.ts";
import type { Command, CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";

/** The plugin as one file, beside the command. */
const pluginFile = fileURLToPath(new URL("./docker", import.meta.url));

/** `longshore plugin`: says how the plugin is used, or puts it where an agent finds it. */
export const plugin: Command = async (input, io) => {
  const folder = input.text("install");
  if (folder === undefined) {
    process.stderr.write(toUsage(pluginFile));
    return exitCodes.failed;
  }
  const config = await readConfigs(input.texts("config"));
  // Whatever is wrong is told before anything is changed.
  if (config !== undefined) parseAgentOptions(config.plugin, config.clientOptions);
  const { path, replaced, warnings } = await installPlugin(pluginFile, resolve(folder));
  for (const warning of warnings) note(io, warning);
  io.screen.output(`${replaced ? "Replaced" : "Installed"} ${path}\n`);
  io.screen.output(toNextSteps(resolve(folder), config));
  return warnings.length === 0 ? exitCodes.ok : exitCodes.failed;
};

function note(io: CommandIo, text: string): void {
  io.screen.note(`${io.noteColors.bold("warning:")} ${text}`);
}

type Found = Pick<AgentConfig, "plugin" | "clientOptions" | "hasPlugin" | "pluginDir">;

/** What an agent's files say together, folders of them included; undefined when none is given. */
async function readConfigs(paths: readonly string[]): Promise<Found | undefined> {
  if (paths.length === 0) return undefined;
  const files = (await Promise.all(paths.map(toFiles))).flat();
  const configs = await Promise.all(files.map((file) => readAgentConfig({ file })));
  return {
    plugin: Object.assign({}, ...configs.map((one) => one.plugin)),
    clientOptions: Object.assign({}, ...configs.map((one) => one.clientOptions)),
    hasPlugin: configs.some((one) => one.hasPlugin),
    pluginDir: configs.findLast((one) => one.pluginDir !== undefined)?.pluginDir,
  };
}

/** Of a folder an agent reads the .hcl and .json files, in order of their names. */
async function toFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new LongshoreError("invalid", `--config ${path}: there is no such file or folder`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(hcl|json)$/.test(name));
  return names.sort().map((name) => join(path, name));
}

/** What the agent's configuration still needs, and what to do then. */
function toNextSteps(folder: string, config: Found | undefined): string {
  const needsDir = config?.pluginDir === undefined || resolve(config.pluginDir) !== folder;
  const needsBlock = config === undefined || !config.hasPlugin;
  const missing = [
    ...(needsDir ? [`  plugin_dir = ${JSON.stringify(folder)}\n`] : []),
    ...(needsBlock ? ['  plugin "docker" {\n    config {}\n  }\n'] : []),
  ];
  const other =
    needsDir && config?.pluginDir !== undefined ? `, in place of plugin_dir = "${config.pluginDir}"` : "";
  const verb = config === undefined ? "needs" : "still needs";
  const ask =
    missing.length === 0 ? "" : `\nThe agent's configuration ${verb}${other}:\n\n${missing.join("\n")}`;
  return `${ask}\nThen restart the agent ("systemctl restart nomad"): running tasks go on. See which driver it uses with\n"nomad node status -self -verbose".\n`;
}
