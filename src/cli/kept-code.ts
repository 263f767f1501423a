import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/** Where what V8 made of a file is kept. */
export interface CodePlace {
  /** Of this user. */
  readonly folder: string;
  /** Of the file's content: another one has another name. */
  readonly name: string;
}

/** A file of CommonJS that has run. */
export interface LoadedFile {
  readonly exports: unknown;
  /** Whether it ran with kept code. */
  readonly tookKept: boolean;
  /** Keeps the code that V8 has made of it up to now, in place of what was kept before; does nothing where it cannot. */
  keep(): void;
}

/** `longshore` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function toCodeFolder(env: Readonly<Record<string, string | undefined>>): string {
  const cache = env.XDG_CACHE_HOME;
  // The XDG specification says to ignore a relative path.
  return join(cache?.startsWith("/") ? cache : join(env.HOME || homedir(), ".cache"), "longshore");
}

/**
 * Runs a file as `require` does, with the code that was kept when it ran before: most of what loading a large file
 * costs is that V8 reads it. What another user has put there is not taken, nor what is damaged or of another V8.
 */
export function loadWithKeptCode(file: string, place: CodePlace, require: NodeJS.Require): LoadedFile {
  const kept = readKept(place);
  // Bundles are ASCII, which this reads in a part of the time.
  const text = readFileSync(file, "latin1");
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${text}\n})`, {
    filename: file,
    ...(kept === undefined ? {} : { cachedData: kept }),
  });
  const module = { exports: {} as unknown };
  script.runInThisContext()(module.exports, require, module, file, dirname(file));
  return {
    exports: module.exports,
    tookKept: kept !== undefined && script.cachedDataRejected === false,
    keep: () => keepCode(place, script.createCachedData()),
  };
}

const digestBytes = 32;
const prefix = "code-";
const writableByOthers = 0o022;

/** A digest of the code, and the code. */
function readKept({ folder, name }: CodePlace): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(
      join(folder, prefix + name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const found = fstatSync(file);
    const isOurs = found.isFile() && found.uid === process.geteuid?.();
    if (!isOurs || (found.mode & writableByOthers) !== 0) return undefined;
    const bytes = readFileSync(file);
    const code = bytes.subarray(digestBytes);
    return toDigest(code).equals(bytes.subarray(0, digestBytes)) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function keepCode({ folder, name }: CodePlace, code: Buffer): void {
  const path = join(folder, prefix + name);
  const temporary = `${path}.${randomUUID()}`;
  try {
    // Who has become root keeps nothing in the home of the user they were.
    if (ownerOf(folder) !== process.geteuid?.()) return;
    // Not Node's recursive form, which never ends below /proc.
    for (const each of [dirname(folder), folder]) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
    for (const old of readdirSync(folder))
      if (old.startsWith(prefix)) rmSync(join(folder, old), { force: true });
    writeFileSync(temporary, Buffer.concat([toDigest(code), code]), { mode: 0o600, flag: "wx" });
    renameSync(temporary, path);
  } catch {
    // What a full disk has left there goes when code is kept the next time.
  }
}

/** Of the folder, or of the one that it would be made in. */
function ownerOf(folder: string): number {
  return lstatSync(folder, { throwIfNoEntry: false })?.uid ?? ownerOf(dirname(folder));
}

function toDigest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
