import { LongshoreError } from "../../task/index.ts";

/**
 * Splits a line into words as a POSIX shell does, without expanding anything: quotes group, a backslash takes
 * the next character as it is, in double quotes only before `"`, `\`, `$` and a backquote.
 * Throws `invalid` for a quote that is not closed.
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= "";
    if (char === quote) quote = undefined;
    else if (quote === undefined && (char === "'" || char === '"')) quote = char;
    else if (char === "\\" && takesNext(line.charAt(at + 1), quote)) word += line.charAt(++at);
    else word += char;
  }
  if (quote !== undefined) throw new LongshoreError("invalid", `a ${quote} is not closed in: ${line}`);
  if (word !== undefined) words.push(word);
  return words;
}

function takesNext(next: string, quote: "'" | '"' | undefined): boolean {
  if (quote === "'" || next === "") return false;
  return quote === undefined || '"\\$`'.includes(next);
}

/** Replaces `$NAME` and `${NAME}` by the environment's values; unknown names stay as they are. */
export function replaceEnv(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    return Object.hasOwn(env, name) ? (env[name] ?? written) : written;
  });
}
