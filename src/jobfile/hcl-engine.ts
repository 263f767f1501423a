import { errorMessage, LongshoreError } from "../task/index.ts";
import type { ComingProgram } from "./compile-ahead.ts";
import { type GoInstance, GoProgram } from "./go-program.ts";
import { quickly } from "./quickly.ts";

type Operation = "define" | "parse" | "format" | "render";

interface Instance extends GoInstance {
  /** A call broke it. */
  dead: boolean;
}

/** Above this the instance is thrown away after a call: WebAssembly memory never shrinks. */
const maxIdleMemoryBytes = 256 * 1024 * 1024;
/** A longer request has enough to do that V8 had better make the code fast. */
const quickLength = 64 * 1024;

/** Functions that one call lends to Go by name. */
export type HostFunctions = Readonly<Record<string, (...args: never[]) => unknown>>;

/**
 * The Go program, loaded at the first call: one instance for all calls, and a new one after a call that broke it.
 */
export class HclEngine {
  readonly #program: GoProgram;
  readonly #schemas: (() => string) | undefined;
  #instance: Promise<Instance> | undefined;

  /** `schemas` are what `parse` may name. */
  constructor(program: string, schemas?: () => string) {
    this.#program = new GoProgram(program);
    this.#schemas = schemas;
  }

  /** Takes what somebody has begun to load, so that the first call waits less. Nothing where it is loaded. */
  take(coming: ComingProgram): void {
    if (this.#instance === undefined) this.#program.take(coming);
  }

  /** Rejects with kind `internal` when the call broke the engine; other calls do not notice. */
  async call(operation: Operation, request: unknown, functions: HostFunctions = {}): Promise<unknown> {
    const instance = await this.#alive();
    let answer: { ok?: unknown; failure?: string };
    try {
      Object.assign(instance.scope, functions);
      const text = callGo(instance, operation, JSON.stringify(request));
      if (text === undefined) throw new Error(describeEnd(instance.lastWords()));
      answer = JSON.parse(text);
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
    const instance = { ...(await this.#program.start()), dead: false };
    if (this.#schemas !== undefined) callGo(instance, "define", this.#schemas());
    return instance;
  }
}

function callGo({ scope }: GoInstance, operation: Operation, text: string): string | undefined {
  const call = scope.longshoreHcl as (operation: string, text: string) => string | undefined;
  return text.length > quickLength ? call(operation, text) : quickly(() => call(operation, text));
}

/** A stack that overflowed is a text that was nested too deeply for any reader. */
function describe(error: unknown): string {
  if (error instanceof RangeError) return "the text is nested too deeply";
  return errorMessage(error);
}

/** Why a program ended by itself. */
function describeEnd(lastWords: string): string {
  if (lastWords.includes("out of memory")) return "its expressions take more than 2 GB of memory";
  return lastWords.trim().split("\n")[0] || "it ended";
}
