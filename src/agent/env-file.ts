import { LongshoreError } from "../task/index.ts";

/**
 * `KEY=value` lines as a template with `env = true` gives them: empty lines and `#` comments are skipped, `export`
 * and one pair of quotes are dropped. Throws `invalid` with the line that is none of these.
 */
export function parseEnvFile(text: string, what: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = /^(?:export\s+)?([^\s=]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new LongshoreError("invalid", `${what}: line ${index + 1} of its output is not KEY=value`, {
        hint: "With env = true each line of the rendered text sets one variable.",
      });
    variables[name] = unquote(value);
  }
  return variables;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquote(value: string): string {
  const [, single] = /^'([^']*)'(?:\s+#.*)?$/.exec(value) ?? [];
  if (single !== undefined) return single;
  const [, double] = /^"((?:[^"\\]|\\.)*)"(?:\s+#.*)?$/.exec(value) ?? [];
  if (double === undefined) return value.replace(/\s+#.*$/, "");
  return double.replaceAll(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}
