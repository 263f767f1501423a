import { constants } from "node:os";
import { closestName, LongshoreError } from "../task/index.ts";

const highestSignal = 64;

/**
 * A signal's name with `SIG`, or its number, as the engine takes it; any case, with or without `SIG`.
 * Throws `invalid` for a name that Linux does not have.
 */
export function parseSignal(written: string): string {
  const name = written.trim().toUpperCase();
  if (/^\d+$/.test(name) && Number(name) >= 1 && Number(name) <= highestSignal) return name;
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  if (Object.hasOwn(constants.signals, full) || /^SIGRT(MIN(\+\d+)?|MAX(-\d+)?)$/.test(full)) return full;
  const near = closestName(full, Object.keys(constants.signals));
  throw new LongshoreError("invalid", `"${written}" is no signal`, {
    hint: near === undefined ? "Signals are written as SIGTERM, TERM or 15." : `Did you mean ${near}?`,
  });
}
