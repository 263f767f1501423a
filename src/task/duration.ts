const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Reads a duration in Go's syntax (`300ms`, `1.5h`, `-1m30s`, `0`) and gives milliseconds, or undefined when it is none.
 */
export function parseDurationMs(text: string): number | undefined {
  const negative = text.startsWith("-");
  const digits = text.replace(/^[+-]/, "");
  if (digits === "0") return 0;
  let total = 0;
  let at = 0;
  while (at < digits.length) {
    part.lastIndex = at;
    const match = part.exec(digits);
    if (match === null) return undefined;
    total += Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN);
    at = part.lastIndex;
  }
  if (digits === "" || !Number.isFinite(total)) return undefined;
  return negative ? -total : total;
}
