/** The few parts of WebAssembly that are needed: the types of Node 20 do not have them. */
interface Wasm {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    customSections(module: WasmModule, name: string): readonly ArrayBuffer[];
  };
  readonly Instance: new (module: WasmModule, imports: object) => object;
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  /** In other threads. */
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: Wasm }).WebAssembly;
