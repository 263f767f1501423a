import type { OutputWatch } from "./output-watch.ts";
import { type Colors, createColors, wantsColor } from "./render/colors.ts";
import { Screen } from "./render/screen.ts";

/** What a subcommand was given on the command line. */
export interface CommandInput {
  readonly words: readonly string[];
  /** A flag's value; undefined when it was not given. */
  text(flag: string): string | undefined;
  /** Values of a flag that may be given several times. */
  texts(flag: string): readonly string[];
  /** Whether a flag without value was given. */
  on(flag: string): boolean;
}

/** Where a subcommand writes, and how. */
export interface CommandIo {
  readonly screen: Screen;
  readonly output: OutputWatch;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly outputColors: Colors;
  readonly noteColors: Colors;
  readonly outputIsTty: boolean;
  /** Width of the terminal that reads stdout; 80 where none does. */
  readonly outputColumns: number;
}

/** A subcommand: does its work and answers the exit code; rejects with what stopped it. */
export type Command = (input: CommandInput, io: CommandIo) => Promise<number>;

/** The process's own streams and environment. */
export function createCommandIo(choice: {
  readonly output: OutputWatch;
  readonly noColor: boolean;
}): CommandIo {
  const { stdout, stderr, env } = process;
  const colorsOf = (stream: NodeJS.WriteStream): Colors =>
    createColors(wantsColor({ refused: choice.noColor, isTty: stream.isTTY === true, env }));
  return {
    screen: new Screen(stdout, stderr),
    output: choice.output,
    env,
    outputColors: colorsOf(stdout),
    noteColors: colorsOf(stderr),
    outputIsTty: stdout.isTTY === true,
    outputColumns: stdout.isTTY === true ? Math.max(20, stdout.columns) : 80,
  };
}
