import { closeSync, existsSync, fstatSync, openSync, read, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { LongshoreError } from "../task/index.ts";
import { createHostScope, hostClock, hostCrypto } from "./hcl-host.ts";
import { compileQuickly } from "./quickly.ts";

/** The few parts of WebAssembly that are needed: the types of Node 20 do not have them. */
interface Wasm {
  readonly Module: {
    new (bytes: Uint8Array): object;
    customSections(module: object, name: string): readonly ArrayBuffer[];
  };
  readonly Instance: new (module: object, imports: object) => object;
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;

/** What Go's own wasm_exec.js defines: its `run` would start the program, which has started already. */
interface GoRuntime {
  readonly importObject: object;
  exit: (code: number) => void;
  _inst: object;
  mem: DataView;
  _values: unknown[];
  _goRefCounts: number[];
  _ids: Map<unknown, number>;
  _idPool: number[];
  exited: boolean;
  _makeFuncWrapper(id: number): unknown;
}

/** What the program holds of its scope: see scripts/go-snapshot.mjs. */
interface Held {
  readonly values: readonly string[];
  readonly functions: Readonly<Record<string, number>>;
}

interface Parts {
  readonly module: object;
  readonly held: Held;
  readonly loader: string;
}

/** A program that waits to be called. */
export interface GoInstance {
  /** What the program takes for `globalThis`, with its own functions in it. */
  readonly scope: Record<string, unknown>;
  memoryBytes(): number;
  /** What the program printed, which it does only when it ends by itself. */
  lastWords(): string;
}

const pageBytes = 64 * 1024;
/** The longest file takes a tenth of it; an expression may take the rest, but not all of the machine's. */
const maxMemoryBytes = 2 * 1024 * 1024 * 1024;

/** A Go program in WebAssembly, kept as it was when it waited to be called for the first time. */
export class GoProgram {
  readonly #name: string;
  #bytes: Promise<Uint8Array> | undefined;
  #parts: Promise<Parts> | undefined;
  #memory: Promise<WasmMemory> | undefined;

  /** `name` of the files beside the sources, or beside the bundle: `name.wasm` and `name.memory`. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Begins to read, which other threads do. What this one must do itself waits for the start. */
  prepare(): void {
    // A failure is the start's to tell.
    this.#readModule().catch(() => undefined);
    this.#readMemory().catch(() => undefined);
  }

  /** One more instance, as it was before the first call. */
  async start(): Promise<GoInstance> {
    this.#parts ??= this.#readModule().then(toParts);
    const [parts, memory] = await Promise.all([this.#parts, this.#readMemory()]);
    this.#bytes = undefined;
    this.#memory = undefined;
    return restore(parts, memory);
  }

  #readModule(): Promise<Uint8Array> {
    this.#bytes ??= readWhole(`${this.#name}.wasm`, (size) => Buffer.allocUnsafeSlow(size));
    return this.#bytes;
  }

  #readMemory(): Promise<WasmMemory> {
    this.#memory ??= loadMemory(`${this.#name}.memory`);
    return this.#memory;
  }
}

function toParts(bytes: Uint8Array): Parts {
  const module = compileQuickly(() => new wasm.Module(bytes));
  const [section] = wasm.Module.customSections(module, "longshore");
  const loader = readFileSync(findPart("wasm_exec.js"), "utf8");
  return { module, held: JSON.parse(new TextDecoder().decode(section)), loader };
}

async function loadMemory(file: string): Promise<WasmMemory> {
  let memory: WasmMemory | undefined;
  await readWhole(file, (size) => {
    memory = new wasm.Memory({ initial: size / pageBytes, maximum: maxMemoryBytes / pageBytes });
    return new Uint8Array(memory.buffer);
  });
  if (memory === undefined) throw new LongshoreError("internal", `${file} was not read`);
  return memory;
}

const readPiece = promisify(read);

/**
 * Reads a file in one go, which takes half the time of reading it in pieces, to where `place` says. Another thread has
 * begun to read when this returns: who loads the rest of the program meanwhile lets no promise go on.
 */
async function readWhole(name: string, place: (size: number) => Uint8Array): Promise<Uint8Array> {
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

/** The part lies in `hcl/` beside the sources, and beside the bundle itself once built. */
function findPart(name: string): URL {
  const candidates = [new URL(`./${name}`, import.meta.url), new URL(`./hcl/${name}`, import.meta.url)];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new LongshoreError("internal", `${name}, a part of Longshore, is missing beside ${import.meta.url}`, {
    hint: "Install longshore again.",
  });
}

function damaged(name: string): LongshoreError {
  return new LongshoreError("internal", `${name}, a part of Longshore, is not whole`, {
    hint: "Install longshore again.",
  });
}

function restore({ module, held, loader }: Parts, memory: WasmMemory): GoInstance {
  let lastWords = "";
  const scope = createHostScope((text) => {
    lastWords += text;
  });
  // The file expects to be a script of a page and writes to globalThis; here it gets one of its own.
  const names = ["globalThis", "fs", "crypto", "performance", "setTimeout"];
  new Function(...names, loader)(scope, scope.fs, hostCrypto, hostClock, unreferencedTimeout);
  const go = new (scope.Go as new () => GoRuntime)();
  go.exit = () => undefined;
  go._inst = new wasm.Instance(module, { ...go.importObject, longshore: { memory } });
  go.mem = new DataView(memory.buffer);
  go.exited = false;
  for (const [name, id] of Object.entries(held.functions)) scope[name] = go._makeFuncWrapper(id);
  const common = [Number.NaN, 0, null, true, false, scope, go];
  const own = held.values.map((name) => lookUp(scope, name));
  go._values = [...common, ...own];
  go._goRefCounts = [...common.map(() => Number.POSITIVE_INFINITY), ...own.map(() => 1)];
  go._ids = new Map(go._values.map((value, id) => [value, id] as const).slice(1));
  go._idPool = [];
  return { scope, memoryBytes: () => memory.buffer.byteLength, lastWords: () => lastWords };
}

/** `a`, or `a.b`. */
function lookUp(scope: Record<string, unknown>, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], scope);
}

function unreferencedTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, delayMs).unref();
}
