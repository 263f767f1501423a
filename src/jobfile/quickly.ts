import { setFlagsFromString } from "node:v8";

type Flags = Readonly<Record<string, boolean>>;

/**
 * What makes V8 take a WebAssembly function as it is: nothing is checked before it is called, nor made fast. Without
 * `liftoff-only`, which sets others that stay: V8 then takes no code that it kept before, not that of Node.js either.
 */
const callFlags = { "wasm-tier-up": false, "wasm-dynamic-tiering": false, "wasm-lazy-validation": true };
/** What makes V8 compile the functions at once that the module says are needed, by several threads. */
const hintFlags = { "wasm-lazy-compilation": false, "experimental-wasm-compilation-hints": true };
/** The last V8 that heeds hints in this form; a later one would compile everything, which takes ten times as long. */
const lastHintsVersion = 13;

/**
 * Runs WebAssembly that has little to do: what is called is compiled in the quickest way, and nothing else is. Only
 * for work that does not wait: meanwhile modules of Node.js load in three times the time.
 */
export function quickly<T>(work: () => T): T {
  return withFlags(callFlags, work);
}

/** Compiles a module of which little will be called. Only for work that does not wait, as above. */
export function compileQuickly<T>(compile: () => T): T {
  return withFlags(compileFlags(), compile);
}

/**
 * As {@link compileQuickly}, for what goes on in other threads: from the first hold to the end of the last. Only for a
 * process of one's own. V8 takes kept code only where the flags are as they were when it was kept.
 */
export class QuickCompiling {
  #holds = 0;

  hold(): Disposable {
    if (this.#holds++ === 0) setFlags(compileFlags());
    return {
      [Symbol.dispose]: () => {
        if (--this.#holds === 0) setFlags(opposite(compileFlags()));
      },
    };
  }
}

function compileFlags(): Flags {
  const version = Number.parseInt(process.versions.v8, 10);
  return version <= lastHintsVersion ? { ...callFlags, ...hintFlags } : callFlags;
}

function withFlags<T>(flags: Flags, work: () => T): T {
  setFlags(flags);
  try {
    return work();
  } finally {
    setFlags(opposite(flags));
  }
}

function opposite(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([name, on]) => [name, !on]));
}

function setFlags(flags: Flags): void {
  for (const [name, on] of Object.entries(flags)) setFlagsFromString(on ? `--${name}` : `--no-${name}`);
}
