import { isIP } from "node:net";
import { isLongshoreError } from "../../task/index.ts";
import type { Check } from "./values.ts";

export const wholeAbove0: Check<number> = (value) =>
  Number.isSafeInteger(value) && value > 0 ? undefined : "must be a whole number above 0";

export const integer: Check<number> = (value) =>
  Number.isSafeInteger(value) ? undefined : "must be a whole number";

export const whole: Check<number> = (value) =>
  Number.isSafeInteger(value) && value >= 0 ? undefined : "must be a whole number, not negative";

/** A whole number from `min` to `max`, both allowed. */
export const wholeWithin =
  (min: number, max: number, unit = ""): Check<number> =>
  (value) =>
    Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `must be from ${min} to ${max}${unit}`;

export const notPadded: Check<string> = (value) => {
  if (value.trim() === "") return "must not be blank";
  return value === value.trim() ? undefined : "must not begin or end with white space";
};

/** A mode of a namespace: one of the names, or `container:` and which. */
export const modeOf =
  (...names: readonly string[]): Check<string> =>
  (value) =>
    names.includes(value) || (names.includes("container:") && /^container:./.test(value))
      ? undefined
      : `must be one of ${names.map((name) => (name === "container:" ? "container:<id or name>" : name)).join(", ")}, not "${value}"`;

export const oneLine: Check<string> = (value) => {
  if (value.trim() === "") return "must not be blank";
  return /\s|\0/.test(value) ? `${JSON.stringify(value)} must not hold white space` : undefined;
};

export const absolutePath: Check<string> = (value) =>
  value.startsWith("/") ? undefined : `must be an absolute path, not "${value}"`;

/** A text that a parser takes; what the parser throws for others is the fault. */
export const readBy =
  (parse: (text: string) => unknown): Check<string> =>
  (value) => {
    try {
      parse(value);
      return undefined;
    } catch (error) {
      if (!isLongshoreError(error, "invalid")) throw error;
      return { message: error.message, hint: error.hint };
    }
  };

/** The first fault that one of the checks finds. */
export const all =
  <V>(...checks: readonly Check<V>[]): Check<V> =>
  (value) => {
    for (const check of checks) {
      const fault = check(value);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

export const ipAddress =
  (name: string, version?: 4 | 6): Check<string> =>
  (value) =>
    isIP(value) === (version ?? (isIP(value) || -1)) ? undefined : `"${value}" is no ${name} address`;

export const macAddress: Check<string> = (value) =>
  /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value) ? undefined : `"${value}" is no MAC address`;

/** What the kernel and DNS take for a machine's name. */
export const hostName: Check<string> = (value) => {
  if (value.length > 64) return `has ${value.length} characters; the kernel takes 64`;
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(value)
    ? undefined
    : `"${value}" is no host name: letters, digits, - and . only`;
};

/** `name:address`, the address being an IP or `host-gateway`; `name=address` too, as newer engines take it. */
export const extraHost: Check<string> = (value) => {
  const [, name = "", address = ""] = /^([^:=]+)[:=](.+)$/.exec(value) ?? [];
  if (name === "" || /\s/.test(value)) return `${JSON.stringify(value)} must be name:address`;
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) > 0 || bare === "host-gateway" ? undefined : `"${address}" is no IP address`;
};

export const port: Check<number> = wholeWithin(1, 65_535);

/** The parameters that a container may have for itself: all others belong to the whole machine. */
export const sysctlName = (name: string): string | undefined =>
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname|hostname)$)/.test(
    name.replaceAll("/", "."),
  )
    ? undefined
    : `"${name}" is a parameter of the whole machine; a container has net.*, fs.mqueue.* and kernel's for IPC`;

const limits =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** `soft[:hard]` of one of the kernel's limits; -1 is none. */
export function ulimit(value: string, name: string): string | undefined {
  if (!limits.includes(name)) return `"${name}" is no limit of the kernel: ${limits.join(", ")}`;
  if (!/^(-1|\d+)(:(-1|\d+))?$/.test(value)) return `"${value}" must be soft or soft:hard`;
  const [soft = 0, hard = soft] = value.split(":").map(Number);
  if (!Number.isSafeInteger(soft) || !Number.isSafeInteger(hard)) {
    return `"${value}" is too large a number; -1 is no limit`;
  }
  const above = hard !== -1 && (soft === -1 || soft > hard);
  return above ? `the soft limit ${soft} is above the hard limit ${hard}` : undefined;
}

/** Of each kind a volume has one. */
const volumeModes = [
  ["ro", "rw"],
  ["z", "Z"],
  ["nocopy"],
  ["private", "rprivate", "shared", "rshared", "slave", "rslave"],
  ["consistent", "cached", "delegated"],
];

/** `src:dst[:mode]` with modes that the engine knows. */
export const volume: Check<string> = (value) => {
  const [source = "", target = "", modes, ...more] = value.split(":");
  if (source === "" || target === "" || modes === "" || more.length > 0) {
    return `"${value}" must be src:dst or src:dst:mode`;
  }
  const set = modes?.split(",") ?? [];
  const unknown = set.find((mode) => !volumeModes.flat().includes(mode));
  if (unknown !== undefined) return `"${unknown}" is no mode; there are ${volumeModes.flat().join(" ")}`;
  const twice = volumeModes
    .map((kind) => set.filter((mode) => kind.includes(mode)))
    .find((found) => found.length > 1);
  return twice === undefined ? undefined : `"${twice[0]}" and "${twice[1]}" contradict one another`;
};

/** What the engine's own volume driver takes for a name. */
export const volumeName: Check<string> = (value) =>
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(value)
    ? undefined
    : `"${value}" is no name of a volume: two or more letters, digits, _, . and -`;

/** One security option of the engine's: its name, and a value where it takes one. */
export const securityOption: Check<string> = (value) => {
  const [, name = "", rest] = /^([^=:]+)(?:[=:](.*))?$/s.exec(value) ?? [];
  if (name === "no-new-privileges") {
    return rest === undefined || rest === "true" || rest === "false"
      ? undefined
      : `no-new-privileges is true or false, not "${rest}"`;
  }
  if (!["seccomp", "apparmor", "label"].includes(name)) {
    return `"${value}" is none of no-new-privileges, seccomp=, apparmor=, label=`;
  }
  return rest === undefined || rest === "" ? `${name} needs a value, as in ${name}=...` : undefined;
};

/** A user's network, or one of the engine's own modes. */
export const networkMode: Check<string> = (value) => {
  const padded = notPadded(value);
  if (padded !== undefined) return padded;
  const shown = `"${value}" is no network mode`;
  const hint = "Use bridge, host, none, container:<id or name>, or the name of a Docker network.";
  if (value.startsWith("container:")) {
    return /^container:[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(value) ? undefined : { message: shown, hint };
  }
  return /[\s:/\0]/.test(value) ? { message: shown, hint } : undefined;
};

/** `all`, a number, or `device=` and ids, as the docker command has them. */
export const gpus: Check<string> = (value) =>
  /^(all|[1-9]\d*|device=[^\s,]+(,[^\s,]+)*)$/.test(value)
    ? undefined
    : `must be all, a number, or device=<id>,<id>, not "${value}"`;

/** What a health check runs: a shell's line, or a list that begins with what it is. */
export const healthTest: Check<string | readonly string[]> = (test) => {
  if (typeof test === "string") return test.trim() === "" ? "must not be blank" : undefined;
  const [kind = "", ...words] = test;
  if (!["NONE", "CMD", "CMD-SHELL"].includes(kind)) {
    return "a list must begin with NONE, CMD or CMD-SHELL";
  }
  if (kind === "CMD-SHELL" && words.length !== 1) return "CMD-SHELL takes one string";
  if (kind === "CMD" && words.length === 0) return "CMD needs a command";
  return kind === "NONE" && words.length > 0 ? "NONE takes nothing" : undefined;
};
