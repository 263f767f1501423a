// @ts-check
import { spawn } from "node:child_process";
import { SetupError } from "./say.mjs";

/**
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, quiet?: boolean }} RunProgramOptions
 *   `quiet` keeps the output back and shows it only when the program fails
 */

/**
 * Runs a program to its end and answers its exit code; its stdin is empty.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunProgramOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runProgram(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: signal === null ? (code ?? 1) : 1, output }));
  });
}

/**
 * The same for a step of the set-up, quietly; a SetupError with the program's output when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunProgramOptions} [options]
 */
export async function runStep(program, args, options = {}) {
  const command = [program, ...args].join(" ");
  const { code, output } = await runProgram(program, args, { quiet: true, ...options }).catch((error) => {
    throw new SetupError(`${command}: ${error.message}`);
  });
  if (code !== 0) throw new SetupError(`\`${command}\` ended with ${code}:\n${output.trim()}`);
  return output;
}
