import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** What decides whether a stream gets colours. */
export interface ColorChoice {
  /** `--no-color` was given. */
  readonly refused: boolean;
  readonly isTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whether to write colours: `--no-color` is strongest, then `NO_COLOR` (not empty), then `FORCE_COLOR`
 * (anything but `0`, `false` or empty), then whether a capable terminal reads.
 */
export function wantsColor(choice: ColorChoice): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = choice.env;
  if (choice.refused) return false;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return choice.isTty && TERM !== "dumb";
}

/** Functions that colour text, or leave it alone. */
export function createColors(enabled: boolean): Colors {
  return picocolors.createColors(enabled);
}

export type Paint = (text: string) => string;

/**
 * A colour for each name, the same in every run: it comes from the name, and only names of one list that
 * would share a colour move on to the next free one.
 */
export function toTaskPaints(names: readonly string[], colors: Colors): ReadonlyMap<string, Paint> {
  const palette: readonly Paint[] = [
    colors.cyan,
    colors.yellow,
    colors.green,
    colors.magenta,
    colors.blue,
    colors.cyanBright,
    colors.yellowBright,
    colors.greenBright,
    colors.magentaBright,
    colors.blueBright,
  ];
  const paints = new Map<string, Paint>();
  const taken = new Set<number>();
  for (const name of new Set(names)) {
    if (taken.size === palette.length) taken.clear();
    let index = hash(name) % palette.length;
    while (taken.has(index)) index = (index + 1) % palette.length;
    taken.add(index);
    paints.set(name, palette[index] ?? colors.cyan);
  }
  return paints;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
