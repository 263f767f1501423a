import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { LongshoreError } from "../task/index.ts";
import { createHostScope } from "./hcl-host.ts";

type Operation = "define" | "parse" | "format" | "render";

/** The few parts of WebAssembly that are needed: the types of Node 20 do not have them. */
interface WasmInstance {
  readonly exports: { readonly mem: { readonly buffer: ArrayBuffer } };
}
interface Wasm {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<WasmInstance>;
}
const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;

/** What Go's own wasm_exec.js defines. */
interface GoRuntime {
  readonly importObject: object;
  exit: (code: number) => void;
  env: Readonly<Record<string, string>>;
  run(instance: WasmInstance): Promise<void>;
}

interface Instance {
  readonly scope: Record<string, unknown>;
  call(operation: Operation, request: string): string;
  memoryBytes(): number;
  /** A call broke it. */
  dead: boolean;
}

/** Above this the instance is thrown away after a call: WebAssembly memory never shrinks. */
const maxIdleMemoryBytes = 256 * 1024 * 1024;

/** Functions that one call lends to Go by name. */
export type HostFunctions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The part lies in `hcl/` beside the sources, and beside the bundle itself once built. */
function findPart(name: string): URL {
  const candidates = [new URL(`./hcl/${name}`, import.meta.url), new URL(`./${name}`, import.meta.url)];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new LongshoreError(
      "internal",
      `${name}, a part of Longshore, is missing beside ${import.meta.url}`,
      {
        hint: "Install longshore again.",
      },
    );
  }
  return found;
}

async function compile(file: string): Promise<object> {
  const bytes = await readFile(findPart(file));
  // A job file is parsed once or twice: compiling quickly beats running fast, by about 80 ms.
  setFlagsFromString("--liftoff-only");
  try {
    return await wasm.compile(bytes);
  } finally {
    setFlagsFromString("--no-liftoff-only");
  }
}

function unreferencedTimeout(callback: () => void, delayMs: number): NodeJS.Timeout {
  return setTimeout(callback, delayMs).unref();
}

async function instantiate(module: object, runtimeSource: string): Promise<Instance> {
  const scope = createHostScope();
  // The file expects to be a script of a page and writes to globalThis; here it gets one of its own.
  new Function("globalThis", "setTimeout", runtimeSource)(scope, unreferencedTimeout);
  const runtime = new (scope.Go as new () => GoRuntime)();
  runtime.exit = () => undefined;
  // Calls are short and few: memory is cheaper than collecting it in between.
  runtime.env = { GOGC: "400" };
  const instance = await wasm.instantiate(module, runtime.importObject);
  void runtime.run(instance);
  const call = scope.longshoreHcl as Instance["call"];
  return { scope, call, memoryBytes: () => instance.exports.mem.buffer.byteLength, dead: false };
}

/**
 * A Go program in WebAssembly: compiled at the first call, one instance for all calls, and a new one after a call that
 * broke it.
 */
export class HclEngine {
  readonly #file: string;
  readonly #schemas: Readonly<Record<string, unknown>> | undefined;
  #parts: Promise<[object, string]> | undefined;
  #instance: Promise<Instance> | undefined;

  /** `schemas` are what `parse` may name: blocks as the Go side's Schema has them. */
  constructor(file: string, schemas?: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#schemas = schemas;
  }

  /** Begins to compile, which other threads do, so that the first call waits less. */
  prepare(): void {
    // A failure is the call's to tell.
    this.#compiled().catch(() => undefined);
  }

  /** Rejects with kind `internal` when the call broke the engine; other calls do not notice. */
  async call(operation: Operation, request: unknown, functions: HostFunctions = {}): Promise<unknown> {
    const instance = await this.#alive();
    let answer: { ok?: unknown; failure?: string };
    try {
      Object.assign(instance.scope, functions);
      // Nothing comes back from a program that ended meanwhile.
      answer = JSON.parse(instance.call(operation, JSON.stringify(request)) ?? '{"failure":"it ended"}');
      instance.dead = instance.memoryBytes() > maxIdleMemoryBytes;
    } catch (error) {
      instance.dead = true;
      throw new LongshoreError("internal", `the HCL engine broke: ${describe(error)}`, { cause: error });
    }
    if (answer.failure !== undefined)
      throw new LongshoreError("internal", `the HCL engine failed: ${answer.failure}`);
    return answer.ok;
  }

  /** From here to the end of a call nothing waits, so that what is alive stays so until then. */
  async #alive(): Promise<Instance> {
    for (;;) {
      this.#instance ??= this.#start();
      const starting = this.#instance;
      const instance = await starting.catch((error: unknown) => {
        if (this.#instance === starting) this.#instance = undefined;
        throw error;
      });
      if (!instance.dead) return instance;
      if (this.#instance === starting) this.#instance = undefined;
    }
  }

  async #start(): Promise<Instance> {
    const started = await instantiate(...(await this.#compiled()));
    if (this.#schemas !== undefined) started.call("define", JSON.stringify(this.#schemas));
    return started;
  }

  #compiled(): Promise<[object, string]> {
    this.#parts ??= Promise.all([compile(this.#file), readFile(findPart("wasm_exec.js"), "utf8")]);
    return this.#parts;
  }
}

/** A stack that overflowed is a text that was nested too deeply for any reader. */
function describe(error: unknown): string {
  if (error instanceof RangeError) return "the text is nested too deeply";
  return error instanceof Error ? error.message : String(error);
}
