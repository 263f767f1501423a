import { access, type FileHandle, open, stat } from "node:fs/promises";
import { toEntryMark } from "./json-log.ts";

const newline = 0x0a;
const smallRead = 8 * 1024;
const largeRead = 256 * 1024;
const searchBytes = 1024 * 1024;
/** So many bytes before the place where reading goes on are compared, to tell that the file is still the same there. */
const anchorBytes = 64;
/** A reader that is further behind lets go of files that the engine has removed: they take room on its disk. */
const maxFiles = 4;

interface LogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
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
  #mayHaveMoved = true;
  /** Whether it is not known what follows the last file. */
  #isTorn = false;
  #linking: Promise<void> = Promise.resolve();

  private constructor(path: string, file: LogFile, offset: number) {
    this.#path = path;
    this.#files = [file];
    this.#offset = offset;
  }

  /**
   * The files from their beginning, or from the first entry of a time on. Undefined when that is not in them, or a
   * part of them only the engine can read. Rejects when they are not there, or may not be read.
   */
  static async open(path: string, timeNs: bigint | undefined): Promise<LogChain | undefined> {
    return timeNs === undefined ? await LogChain.#openOldest(path) : await LogChain.#openAt(path, timeNs);
  }

  static async #openOldest(path: string): Promise<LogChain | undefined> {
    let oldest = await openFile(path);
    for (let age = 1; ; age++) {
      const older = await openIfThere(`${path}.${age}`);
      if (older === undefined) {
        // The engine itself must read what it has packed.
        if (!(await isThere(`${path}.${age}.gz`))) return new LogChain(path, oldest, 0);
        await oldest.handle.close();
        return undefined;
      }
      await oldest.handle.close();
      oldest = older;
    }
  }

  static async #openAt(path: string, timeNs: bigint): Promise<LogChain | undefined> {
    const mark = toEntryMark(timeNs);
    let file: LogFile | undefined = await openFile(path);
    for (let age = 1; file !== undefined; age++) {
      const offset = await findEntry(file.handle, mark);
      if (offset !== undefined) return new LogChain(path, file, offset);
      await file.handle.close();
      file = await openIfThere(`${path}.${age}`);
    }
    return undefined;
  }

  /** What comes next: empty when nothing has been written since, undefined when it cannot be told what does. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = await this.#readOn();
      if (bytes === undefined || bytes.length > 0) return bytes;
      await this.#takeUp();
      if (this.#files.length === 1) return this.#isTorn ? undefined : bytes;
      // The engine has written to it until it began the next one.
      const last = await this.#readOn();
      if (last === undefined || last.length > 0) return last;
      await this.#files.shift()?.handle.close();
      this.#offset = 0;
      this.#anchor = new Uint8Array();
    }
  }

  /** The engine may have begun another file: it is taken up now, before it is removed again. */
  moved(): void {
    this.#mayHaveMoved = true;
    void this.#takeUp();
  }

  async #takeUp(): Promise<void> {
    this.#linking = this.#linking.then(async () => {
      if (!this.#mayHaveMoved || this.#isTorn) return;
      this.#mayHaveMoved = false;
      await this.#link().catch(() => {
        this.#isTorn = true;
      });
    });
    await this.#linking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#linking;
    await Promise.all(this.#files.map(({ handle }) => handle.close()));
  }

  async #link(): Promise<void> {
    const last = this.#files.at(-1);
    const newest = await stat(this.#path, { bigint: true }).catch(() => undefined);
    if (newest === undefined || newest.ino === last?.inode) return;
    const found = await openAfter(this.#path, last?.inode);
    const room = maxFiles - this.#files.length;
    this.#isTorn = found === undefined || found.length > room;
    this.#files.push(...(found ?? []).slice(0, room));
    await Promise.all((found ?? []).slice(room).map(({ handle }) => handle.close()));
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
    if (news.length > 0) this.#anchor = Uint8Array.from(bytes.subarray(-anchorBytes));
    return news;
  }
}

/** The files that follow the one with the inode, oldest first; undefined when it cannot be told which do. */
async function openAfter(path: string, inode: bigint | undefined): Promise<LogFile[] | undefined> {
  const files: LogFile[] = [];
  const close = () => Promise.all(files.splice(0).map(({ handle }) => handle.close()));
  for (let age = 0; ; ) {
    const file = await openIfThere(age === 0 ? path : `${path}.${age}`);
    if (file === undefined) {
      await close();
      return undefined;
    }
    if (file.inode === inode) {
      await file.handle.close();
      return files;
    }
    if (file.inode === files[0]?.inode) {
      // All were renamed meanwhile.
      await file.handle.close();
      await close();
      age = 0;
    } else {
      files.unshift(file);
      age++;
    }
  }
}

async function openFile(path: string): Promise<LogFile> {
  const handle = await open(path, "r");
  try {
    return { handle, inode: (await handle.stat({ bigint: true })).ino };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openIfThere(path: string): Promise<LogFile | undefined> {
  return await openFile(path).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
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
