// @ts-check

/** A fault that is told in one line, without a stack. */
export class SetupError extends Error {}

/**
 * One line on what the set-up does; on stderr, so that a command's output stays clean.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`longshore: ${line}\n`);
}

/**
 * Runs a script's main function; a SetupError ends the process with 1 and its line.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
