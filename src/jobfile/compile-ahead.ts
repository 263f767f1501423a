import { toError } from "../task/index.ts";
import { readMemory, readModule } from "./program-parts.ts";
import type { QuickCompiling } from "./quickly.ts";
import { type WasmMemory, type WasmModule, wasm } from "./wasm.ts";

/** The program that reads job files, on its way. Both reject where a part of Longshore is missing or not whole. */
export interface ComingProgram {
  readonly module: Promise<WasmModule>;
  readonly memory: Promise<WasmMemory>;
}

/**
 * Begins to read and then to compile the program that reads job files, both in other threads; settles when it is being
 * compiled. For a command that has the rest of itself to load, which takes as long.
 */
export async function compileAhead(quick: QuickCompiling): Promise<ComingProgram> {
  const bytes = await readModule("hcl").catch(toError);
  const module = bytes instanceof Uint8Array ? compile(bytes, quick) : Promise.reject(bytes);
  const memory = readMemory("hcl");
  // A failure is for who uses it.
  for (const part of [module, memory]) part.catch(() => undefined);
  return { module, memory };
}

async function compile(bytes: Uint8Array, quick: QuickCompiling): Promise<WasmModule> {
  using _held = quick.hold();
  return await wasm.compile(bytes);
}
