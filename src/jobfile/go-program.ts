import { readFileSync } from "node:fs";
import type { ComingProgram } from "./compile-ahead.ts";
import { createHostScope, hostClock, hostCrypto } from "./hcl-host.ts";
import { damaged, findPart, readMemory, readModule } from "./program-parts.ts";
import { compileQuickly } from "./quickly.ts";
import { type WasmMemory, type WasmModule, wasm } from "./wasm.ts";

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
  readonly module: WasmModule;
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

/** A Go program in WebAssembly, kept as it was when it waited to be called for the first time. */
export class GoProgram {
  readonly #name: string;
  #parts: Promise<Parts> | undefined;
  #memory: Promise<WasmMemory> | undefined;

  /** `name` of the files beside the sources, or beside the bundle: `name.wasm` and `name.memory`. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Takes what somebody has begun to load, so that the first start waits less; where that fails, the start loads it. */
  take({ module, memory }: ComingProgram): void {
    this.#parts = module.then(toParts).catch(() => this.#compile());
    this.#memory = memory.catch(() => readMemory(this.#name));
    // A failure is the start's to tell.
    for (const part of [this.#parts, this.#memory]) part.catch(() => undefined);
  }

  /** One more instance, as it was before the first call. */
  async start(): Promise<GoInstance> {
    this.#parts ??= this.#compile();
    const memory = this.#memory ?? readMemory(this.#name);
    this.#memory = undefined;
    const [parts, own] = await Promise.all([this.#parts, memory]);
    return restore(parts, own);
  }

  async #compile(): Promise<Parts> {
    const bytes = await readModule(this.#name);
    try {
      return toParts(compileQuickly(() => new wasm.Module(bytes)));
    } catch (error) {
      throw damaged(`${this.#name}.wasm`, error);
    }
  }
}

function toParts(module: WasmModule): Parts {
  const [section] = wasm.Module.customSections(module, "longshore");
  const loader = readFileSync(findPart("wasm_exec.js"), "utf8");
  return { module, held: JSON.parse(new TextDecoder().decode(section)), loader };
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
