import type { Command } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { toVersionText } from "./version-text.ts";

/** `longshore version`. */
export const version: Command = async (input, io) => {
  io.screen.output(toVersionText(input.on("json")));
  return exitCodes.ok;
};
