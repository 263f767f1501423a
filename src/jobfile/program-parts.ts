import { closeSync, existsSync, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { LongshoreError } from "../task/index.ts";
import { type WasmMemory, wasm } from "./wasm.ts";

const hint = "Install longshore again.";
const pageBytes = 64 * 1024;
/** The longest file takes a tenth of it; an expression may take the rest, but not all of the machine's. */
const maxMemoryBytes = 2 * 1024 * 1024 * 1024;

/** The module of a program, not compiled. */
export async function readModule(program: string): Promise<Uint8Array> {
  return await readPart(`${program}.wasm`, (size) => Buffer.allocUnsafeSlow(size));
}

/** What the program had in its memory when it waited to be called. */
export async function readMemory(program: string): Promise<WasmMemory> {
  let memory: WasmMemory | undefined;
  const file = `${program}.memory`;
  await readPart(file, (size) => {
    memory = new wasm.Memory({ initial: size / pageBytes, maximum: maxMemoryBytes / pageBytes });
    return new Uint8Array(memory.buffer);
  });
  if (memory === undefined) throw new LongshoreError("internal", `${file} was not read`);
  return memory;
}

/** A part lies in `hcl/` beside the sources, and beside the bundle itself once built. */
export function findPart(name: string): URL {
  const candidates = [new URL(`./${name}`, import.meta.url), new URL(`./hcl/${name}`, import.meta.url)];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new LongshoreError("internal", `${name}, a part of Longshore, is missing beside ${import.meta.url}`, {
    hint,
  });
}

const readPiece = promisify(read);

/**
 * Reads a file in one go, which takes half the time of reading it in pieces, to where `place` says. Another thread has
 * begun to read when this returns: who loads the rest of the program meanwhile lets no promise go on.
 */
async function readPart(name: string, place: (size: number) => Uint8Array): Promise<Uint8Array> {
  const file = openSync(findPart(name), "r");
  try {
    const { size } = fstatSync(file);
    const into = place(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await readPiece(file, into, at, size - at, at);
      if (bytesRead === 0) throw damaged(name);
      at += bytesRead;
    }
    return into;
  } finally {
    closeSync(file);
  }
}

/** The error of a part that is not what was built. */
export function damaged(name: string, cause?: unknown): LongshoreError {
  return new LongshoreError("internal", `${name}, a part of Longshore, is not whole`, { cause, hint });
}
