import type { CreateRequest } from "../../engine/engine-types.ts";
import { isLongshoreError } from "../../task/index.ts";
import { type Planning, refuse } from "./planning.ts";
import { replaceEnv, splitWords } from "./split-words.ts";

/**
 * The container's command. Arguments as a list replace the image's even without a command; as one string
 * (2015) they are split, their variables replaced, and without a command they are ignored.
 */
export function planCommand(planning: Planning): Pick<CreateRequest, "Cmd" | "Entrypoint"> {
  const { command, args, entrypoint } = planning.options;
  const list = typeof args === "string" ? planOldArgs(planning, args) : (args ?? []);
  const words = command === undefined ? list : [command, ...list];
  return {
    ...(words.length > 0 && { Cmd: words }),
    ...(entrypoint.length > 0 && { Entrypoint: entrypoint }),
  };
}

function planOldArgs(planning: Planning, args: string): readonly string[] {
  if (planning.options.command === undefined) {
    planning.notes.push("args is one string (2015 style) and there is no command: the arguments are ignored");
    return [];
  }
  planning.notes.push("args is one string (2015 style): it is split as a shell does");
  try {
    return splitWords(args).map((word) => replaceEnv(word, planning.task.env));
  } catch (error) {
    if (!isLongshoreError(error, "invalid")) throw error;
    refuse(planning, ["args"], error.message);
    return [];
  }
}
