import { randomFillSync } from "node:crypto";
import {
  closeSync,
  fstatSync,
  lstatSync,
  constants as ofThisMachine,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from "node:fs";
import { resolve } from "node:path";

type Callback = (error: unknown, result?: unknown) => void;
type FileCall = (...args: never[]) => unknown;

/** Largest file that `file()` and its like may read into a job file. */
const maxReadBytes = 5 * 1024 * 1024;

/** Calls are short and few: memory is cheaper than collecting it in between. */
export const goEnv: Readonly<Record<string, string>> = { GOGC: "400" };

/** Linux's numbers on every machine: Go has asked for them before it was kept. */
const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_DIRECTORY: 0o200000,
};

/** Turns a call that returns into the callback form that Go's runtime asks for, without leaving the turn. */
function answered(call: FileCall) {
  return (...args: unknown[]): void => {
    const callback = args.pop() as Callback;
    let result: unknown;
    try {
      result = call(...(args as never[]));
    } catch (error) {
      callback(error);
      return;
    }
    callback(null, result);
  };
}

function refused(): never {
  throw Object.assign(new Error("not permitted"), { code: "EPERM" });
}

/** A file is opened only when reading it ends: no pipe, no device, and not for writing. */
function openForReading(path: string, flags: number): number {
  if ((flags & (constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT)) !== 0) refused();
  const found = statSync(path);
  if (!found.isFile() && !found.isDirectory()) {
    throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
  }
  if (found.size > maxReadBytes) throw Object.assign(new Error("file too large"), { code: "EFBIG" });
  return openSync(path, ofThisMachine.O_RDONLY | ofThisMachine.O_NONBLOCK);
}

/** Takes what the runtime prints, which it does only when it ends. */
export type LastWords = (text: string) => void;

/** The part of node:fs that HCL's file functions need, for reading alone. */
function createReadOnlyFs(onLastWords: LastWords): Record<string, unknown> {
  const print = (_fd: number, data: Uint8Array): number => {
    onLastWords(new TextDecoder().decode(data));
    return data.length;
  };
  const reading: Record<string, FileCall> = {
    open: openForReading,
    close: (fd: number) => closeSync(fd),
    fstat: (fd: number) => fstatSync(fd),
    stat: (path: string) => statSync(path),
    lstat: (path: string) => lstatSync(path),
    readdir: (path: string) => readdirSync(path),
    read: (fd: number, into: Uint8Array, offset: number, length: number, at: number | null) =>
      readSync(fd, into, offset, length, at),
    write: print,
    fsync: () => undefined,
  };
  const files: Record<string, unknown> = { constants, writeSync: print };
  for (const [name, call] of Object.entries(reading)) files[name] = answered(call);
  return new Proxy(files, {
    get: (target, name) =>
      typeof name === "string" && !(name in target) ? answered(refused) : Reflect.get(target, name),
  });
}

/** For the runtime itself. Those of Node.js take 10 ms to load. */
export const hostCrypto = { getRandomValues: (bytes: Uint8Array): Uint8Array => randomFillSync(bytes) };
export const hostClock = { now: (): number => Number(process.hrtime.bigint()) / 1e6 };

/**
 * What Go's runtime takes for `globalThis`: the real one's constructors, files for reading alone, and a place of its
 * own for what it sets, so that nothing of it is seen elsewhere.
 */
export function createHostScope(onLastWords: LastWords = () => undefined): Record<string, unknown> {
  const scope: Record<string, unknown> = {
    crypto: hostCrypto,
    performance: hostClock,
    TextEncoder,
    TextDecoder,
    Object,
    Array,
    Uint8Array,
    Date,
    Error,
    Reflect,
    fs: createReadOnlyFs(onLastWords),
    path: { resolve },
    process: { pid: -1, ppid: -1, umask: refused, chdir: refused, cwd: () => process.cwd() },
  };
  return scope;
}
