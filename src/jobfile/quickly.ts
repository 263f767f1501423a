import { setFlagsFromString } from "node:v8";

/** What makes V8 take a WebAssembly function as it is, without checking all others before and without making it fast. */
const flags = ["liftoff-only", "wasm-lazy-validation"];

/**
 * Runs WebAssembly that has little to do: what is called is compiled in the quickest way, and nothing else is. Only
 * for work that does not wait: meanwhile modules of Node.js load in three times the time.
 */
export function quickly<T>(work: () => T): T {
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  try {
    return work();
  } finally {
    for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  }
}
