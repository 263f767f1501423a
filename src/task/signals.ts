import { closestName } from "./closest-name.ts";
import { LongshoreError } from "./errors.ts";

/** The signals that Linux engines know by name, by number. Source: moby's signal table. */
const signals: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGIOT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};
/** As glibc counts them: the kernel's first two are its own. */
const firstRealTime = 34;
const lastRealTime = 64;
/** Engines know real-time signals by name only so far from either end. */
const namedRealTime = 15;

/**
 * A signal's name with `SIG`, or its number, as a Linux engine takes it; any case, with or without `SIG`, real-time
 * signals as `SIGRTMIN+3` or `SIGRTMAX-3`. Throws `invalid` for what is no signal, with the one that may be meant, else
 * with the list.
 */
export function parseSignal(written: string): string {
  const known = toSignal(written);
  if (known !== undefined) return known;
  const near = closestName(toFullName(written), Object.keys(signals));
  throw new LongshoreError("invalid", `"${written}" is no signal`, {
    hint:
      near === undefined
        ? `Signals are ${Object.keys(signals).join(", ")}, SIGRTMIN to SIGRTMAX, and 1 to ${lastRealTime}.`
        : `Did you mean ${near}?`,
  });
}

/** Like {@link parseSignal}; undefined for what is no signal. */
export function toSignal(written: string): string | undefined {
  const name = written.trim();
  if (/^\d{1,2}$/.test(name) && Number(name) >= 1 && Number(name) <= lastRealTime) return name;
  const full = toFullName(written);
  return Object.hasOwn(signals, full) ? full : toRealTime(full);
}

function toFullName(written: string): string {
  const name = written.trim().toUpperCase();
  return name.startsWith("SIG") ? name : `SIG${name}`;
}

function toRealTime(name: string): string | undefined {
  const [, end, sign, digits = "0"] = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name) ?? [];
  if (end === undefined || sign === (end === "MIN" ? "-" : "+")) return undefined;
  const offset = Number(digits);
  const number = end === "MIN" ? firstRealTime + offset : lastRealTime - offset;
  if (number < firstRealTime || number > lastRealTime) return undefined;
  if (offset === 0) return `SIGRT${end}`;
  return offset < namedRealTime ? `SIGRT${end}${sign}${offset}` : String(number);
}
