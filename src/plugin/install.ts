import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { putInPlace } from "../host/index.ts";
import { errorCode, errorMessage, LongshoreError } from "../task/index.ts";
import { usageTitle } from "./usage.ts";

/** An agent finds plugins by their files' names. */
const pluginName = "docker";

export interface InstalledPlugin {
  readonly path: string;
  /** There was a file of that name before. */
  readonly replaced: boolean;
  /** What may keep an agent from starting it. */
  readonly warnings: readonly string[];
}

/**
 * Puts the plugin's file into an agent's plugin folder, executable, and never half: an agent that starts meanwhile sees
 * the old file or the new one. Rejects with `invalid` for a folder that cannot be one of plugins, `unauthorized` where
 * this user may not write.
 */
export async function installPlugin(source: string, folder: string): Promise<InstalledPlugin> {
  await checkFolder(folder);
  const path = join(folder, pluginName);
  const before = await lstat(path).catch(() => undefined);
  if (before?.isDirectory()) {
    throw new LongshoreError("invalid", `${path} is a folder, and the plugin has to be there`, {
      hint: "Move it away, or name another folder.",
    });
  }
  const content = await readSource(source);
  // Agents pass over files without an execute bit, which it gets last.
  const temporary = join(folder, `.${pluginName}.${randomBytes(6).toString("hex")}`);
  try {
    await putInPlace(path, temporary, () => writeProgram(temporary, content));
  } catch (error) {
    throw toInstallError(folder, error);
  }
  const fault = await tryProgram(path);
  return { path, replaced: before !== undefined, warnings: fault === undefined ? [] : [fault] };
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw toInstallError(folder, error);
    return undefined;
  });
  if (found === undefined) {
    throw new LongshoreError("invalid", `the plugin folder ${folder} does not exist`, {
      hint: `Make it with "install -d -m 0755 ${folder}", or name the plugin_dir of the agent's configuration.`,
    });
  }
  if (!found.isDirectory()) throw new LongshoreError("invalid", `${folder} is no folder`);
  if ((found.mode & constants.S_IWOTH) !== 0) {
    throw new LongshoreError(
      "invalid",
      `everybody may write to ${folder}, and what is there runs as the agent`,
      {
        hint: `Close it with "chmod o-w ${folder}".`,
      },
    );
  }
}

async function readSource(source: string): Promise<Buffer> {
  try {
    return await readFile(source);
  } catch (cause) {
    throw new LongshoreError("not-found", `the plugin's file ${source} cannot be read`, {
      cause,
      hint: "It belongs to the longshore package: install that again, or build it with npm run build.",
    });
  }
}

async function writeProgram(path: string, content: Uint8Array): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "wx", 0o600);
    await file.writeFile(content);
    await file.chmod(0o755);
    await file.sync();
  } finally {
    await file?.close();
  }
}

function toInstallError(folder: string, error: unknown): LongshoreError {
  const message = errorMessage(error);
  const code = errorCode(error);
  if (code === "EACCES" || code === "EPERM") {
    return new LongshoreError("unauthorized", `this user may not write to ${folder}: ${message}`, {
      cause: error,
      hint: "Run the command as root, with sudo for instance.",
    });
  }
  return new LongshoreError("internal", `the plugin cannot be put into ${folder}: ${message}`, {
    cause: error,
  });
}

/** What keeps the program from running here; undefined when it runs. */
async function tryProgram(path: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    execFile(path, { timeout: 20_000, env: { PATH: process.env.PATH } }, (error, _stdout, stderr) => {
      if (stderr.startsWith(usageTitle)) return resolve(undefined);
      const why = toMessages(stderr) || error?.message || "it said nothing";
      resolve(`${path} does not run here: ${why}`);
    });
  });
}

/** What a program says, without the form that an agent logs it in. */
function toMessages(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => readLogMessage(line) ?? line).join("; ");
}

function readLogMessage(line: string): string | undefined {
  try {
    const { "@message": message } = JSON.parse(line) as { readonly "@message"?: unknown };
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
