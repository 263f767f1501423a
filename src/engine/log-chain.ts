import type { FileHandle } from "node:fs/promises";
import { LongshoreError } from "../task/index.ts";
import { toEntryMark } from "./json-log.ts";
import { closeLogFiles, inodeOf, isPacked, type LogFile, openLogFiles } from "./log-file-list.ts";

const newline = 0x0a;
const smallRead = 8 * 1024;
const largeRead = 256 * 1024;
const searchBytes = 1024 * 1024;
/** So many bytes before the end of the last line that was read tell, with its time, that the file is still the same. */
const anchorBytes = 64;
const maxAnchorBytes = 1024 * 1024;
/** A reader that is further behind lets go of files that the engine has removed: they take room on its disk. */
const heldBytes = 16 * 1024 * 1024;
const [minFiles, maxFiles] = [4, 32];

/** Where reading begins. */
interface Start {
  readonly file: LogFile;
  readonly offset: number;
}

/**
 * The log files of one container, read one after the other as the engine's json-file driver wrote them: `PATH` is the
 * newest, `PATH.1` the one before it. A file that is to be read is held open, so that its end is read also when the
 * engine has renamed or removed it.
 */
export class LogChain implements AsyncDisposable {
  readonly #path: string;
  /** The one that is read first. */
  readonly #files: LogFile[];
  #offset: number;
  #anchor: Uint8Array = new Uint8Array();
  #readSize = smallRead;
  /** Whether it is not known what follows the last file. */
  #isTorn = false;
  #linking: Promise<void> = Promise.resolve();

  private constructor(path: string, files: LogFile[], offset: number) {
    this.#path = path;
    this.#files = files;
    this.#offset = offset;
  }

  /**
   * The files from their beginning, or from the first entry of a time on. Undefined when that is not in them, or a
   * part of them only the engine can read. Rejects when they are not there, or may not be read.
   */
  static async open(path: string, timeNs: bigint | undefined): Promise<LogChain | undefined> {
    const files = await openLogFiles(path);
    if (files === undefined) return undefined;
    if (files.length === 0) throw new LongshoreError("not-found", `there is no log at ${path}`);
    const unused = new Set(files);
    try {
      const start = await findStart(files, timeNs);
      if (start === undefined) return undefined;
      const { file, offset } = start;
      // What comes before its beginning may belong to it.
      const isFirst = offset === 0 && file === files.at(-1);
      if (isFirst && (await isPacked(path, files.length))) return undefined;
      // Those that follow as well: they may be removed before the end of this one.
      const following = files.slice(0, files.indexOf(file) + 1).reverse();
      const held = following.slice(0, maxHeld(file));
      for (const each of held) unused.delete(each);
      return new LogChain(path, held, offset);
    } finally {
      await closeLogFiles([...unused]);
    }
  }

  /** What comes next: empty when nothing has been written since, undefined when it cannot be told what does. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = await this.#readOn();
      if (bytes === undefined || bytes.length > 0) return bytes;
      await this.takeUp();
      if (this.#files.length === 1) return this.#isTorn ? undefined : bytes;
      // The engine has written to it until it began the next one.
      const last = await this.#readOn();
      if (last === undefined || last.length > 0) return last;
      await this.#files.shift()?.handle.close();
      this.#offset = 0;
      this.#anchor = new Uint8Array();
    }
  }

  /** Takes up the files that the engine may have begun now, before they are removed again. */
  async takeUp(): Promise<void> {
    this.#linking = this.#linking.then(async () => {
      if (this.#isTorn) return;
      await this.#link().catch(() => {
        this.#isTorn = true;
      });
    });
    await this.#linking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#linking;
    await closeLogFiles(this.#files);
  }

  async #link(): Promise<void> {
    const last = this.#files.at(-1)?.inode;
    const newest = await inodeOf(this.#path);
    if (newest === undefined || newest === last) return;
    const found = (await openLogFiles(this.#path, last)) ?? [];
    const isLinked = found.at(-1)?.inode === last;
    const next = isLinked ? found.slice(0, -1).reverse() : [];
    const taken = next.slice(0, maxHeld(found.at(-1)) - this.#files.length);
    this.#isTorn = !isLinked || taken.length < next.length;
    this.#files.push(...taken);
    await closeLogFiles(found.filter((file) => !taken.includes(file)));
  }

  /** Undefined when the file has been cut, or written anew. */
  async #readOn(): Promise<Uint8Array | undefined> {
    const handle = this.#files[0]?.handle;
    if (handle === undefined) return undefined;
    const known = this.#anchor.length;
    const bytes = await readAt(handle, this.#offset - known, known + this.#readSize);
    if (Buffer.compare(bytes.subarray(0, known), this.#anchor) !== 0) return undefined;
    const news = bytes.subarray(known);
    this.#readSize = news.length === this.#readSize ? largeRead : smallRead;
    this.#offset += news.length;
    // From the end of a line on, not within one: that could be the same in a file that was emptied and written anew.
    const lineEnd = bytes.lastIndexOf(newline) + 1;
    const from = Math.max(0, lineEnd - anchorBytes, bytes.length - maxAnchorBytes);
    if (news.length > 0) this.#anchor = Uint8Array.from(bytes.subarray(from));
    return news;
  }
}

/** How many files are held if all are as large as one that is full. */
function maxHeld(full: LogFile | undefined): number {
  const files = Math.floor(heldBytes / Math.max(1, Number(full?.size)));
  return Math.min(maxFiles, Math.max(minFiles, files));
}

/** The files' beginning, or the first of the last entries of a time. */
async function findStart(files: readonly LogFile[], timeNs: bigint | undefined): Promise<Start | undefined> {
  const oldest = files.at(-1);
  if (timeNs === undefined) return oldest && { file: oldest, offset: 0 };
  const mark = toEntryMark(timeNs);
  let start: Start | undefined;
  for (const file of files) {
    const offset = await findEntry(file.handle, mark);
    if (offset !== undefined) start = { file, offset };
    // A file may begin among the entries of one time.
    if (start !== undefined && offset !== 0) break;
  }
  return start;
}

/** So many bytes from a place on, fewer where the file ends before. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Where the first of the last entries with the mark begins; looked for from the file's end. */
async function findEntry(handle: FileHandle, mark: string): Promise<number | undefined> {
  const { size } = await handle.stat();
  let found: number | undefined;
  for (let end = size; end > 0; end -= searchBytes) {
    const start = Math.max(0, end - searchBytes);
    // An entry's beginning, and its mark, may lie on both sides.
    const bytes = await readAt(handle, start, Math.min(size - start, 2 * searchBytes));
    const at = bytes.indexOf(mark);
    if (at < 0 && found !== undefined) break;
    if (at >= 0) found = start + bytes.lastIndexOf(newline, at) + 1;
    if (start === 0) break;
  }
  return found;
}
