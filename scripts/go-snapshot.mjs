// @ts-check
import {
  countFunctions,
  readGlobalTypes,
  readSections,
  sectionIds,
  toCompilationHints,
  toCustomSection,
  toGlobalExport,
  toGlobals,
  toMemoryImport,
  toModule,
  withItems,
  withMarks,
} from "./wasm-sections.mjs";

/**
 * @typedef {object} Host what the program starts on
 * @property {string} loader the text of Go's own wasm_exec.js
 * @property {() => Record<string, unknown>} createScope makes what Go is to take for `globalThis`
 * @property {Readonly<Record<string, string>>} env
 * @property {(scope: any) => void} rehearse calls the program as it is called most
 */
/** @typedef {import("./wasm-sections.mjs").Section} Section */

const pageBytes = 64 * 1024;
/** A place in memory that no Go program uses: from the end of its arguments to where its data may begin. */
const unused = { from: 4096 + 512, to: 4096 + 8192 };
/** Values that every Go program refers to: NaN, 0, null, true, false, the scope and Go itself. */
const commonValues = 7;

/**
 * A Go program as it is once it has started and waits to be called: a module that takes its memory from outside, and
 * what is in that memory. Bringing it back spares the start of Go's runtime and the inits of all packages, half of the
 * time from nothing to a parsed file. The same program gives the same bytes.
 *
 * What the program holds of its scope is noted in the custom section `longshore`: `values`, by name and in their order,
 * and the numbers of the program's own `functions`. The seeds of Go's hashes are part of the memory: whoever writes a
 * job file can make them collide, and then waits for it.
 *
 * The functions that a usual call needs are marked as such for V8, so that several threads compile them beforehand.
 *
 * @param {Uint8Array} program as Go built it
 * @param {Host} host
 * @returns {{ module: Buffer, memory: Buffer }}
 */
export function takeSnapshot(program, host) {
  const sections = readSections(program);
  const types = readGlobalTypes(bodyOf(sections, sectionIds.global));
  const { go, scope, functions } = createGo(host);
  const { exports } = start(go, toModule(withGlobalExports(sections, types.length)));
  const memory = new Uint8Array(exports.mem.buffer);
  const held = { values: nameValues(go, scope), functions: toNamed(functions, scope) };
  return {
    module: toModule([
      ...toWaiting(sections, {
        imported: toMemoryImport("longshore", "memory", memory.length / pageBytes),
        globals: toGlobals(types.map((type, index) => ({ type, value: exports[nameOfGlobal(index)].value }))),
        hints: toCompilationHints(findCalled(sections, host)),
      }),
      toCustomSection("longshore", Buffer.from(JSON.stringify(held))),
    ]),
    memory: Buffer.from(memory),
  };
}

/**
 * Which functions a usual call calls, found out by letting each leave a mark.
 * @param {readonly Section[]} sections
 * @param {Host} host
 */
function findCalled(sections, host) {
  const { go, scope } = createGo(host);
  const count = countFunctions(bodyOf(sections, sectionIds.code));
  if (count > unused.to - unused.from)
    throw new Error(`there is no place for the marks of ${count} functions`);
  const marked = sections.map(({ id, body }) => ({
    id,
    body: id === sectionIds.code ? withMarks(body, unused.from) : body,
  }));
  const { exports } = start(go, toModule(marked));
  const marks = () => new Uint8Array(exports.mem.buffer, unused.from, count);
  marks().fill(0);
  host.rehearse(scope);
  return [...marks()].map((mark) => mark === 1);
}

/** Go's side of the host, with times and random bytes that are always the same: what needs better ones asks again. */
function createGo(/** @type {Host} */ { loader, createScope, env }) {
  const scope = createScope();
  class Clock {
    static now = () => 1;
    getTime = () => 1;
  }
  const random = {
    getRandomValues(/** @type {Uint8Array} */ bytes) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = at;
    },
  };
  const refuse = () => {
    throw new Error("a program that is to be kept must neither wait for a time nor ask for the time zone");
  };
  scope.Date = refuse;
  new Function("globalThis", "performance", "Date", "crypto", "setTimeout", loader)(
    scope,
    Clock,
    Clock,
    random,
    refuse,
  );
  const go = new /** @type {any} */ (scope.Go)();
  go.env = env;
  /** @type {Map<unknown, number>} */
  const functions = new Map();
  const wrap = go._makeFuncWrapper;
  go._makeFuncWrapper = (/** @type {number} */ id) => {
    const wrapper = wrap.call(go, id);
    functions.set(wrapper, id);
    return wrapper;
  };
  return { go, scope, functions };
}

/** @returns {{ exports: Record<string, any> }} */
function start(/** @type {any} */ go, /** @type {Buffer} */ program) {
  const { Instance, Module } = /** @type {any} */ (globalThis).WebAssembly;
  const instance = new Instance(new Module(program), go.importObject);
  void go.run(instance);
  if (go.exited) throw new Error("the program has ended");
  return instance;
}

/** The names, in the scope, of what the program holds. */
function nameValues(/** @type {any} */ go, /** @type {Record<string, unknown>} */ scope) {
  const names = new Map();
  for (const [name, value] of Object.entries(scope)) {
    names.set(value, name);
    if (name === "fs") names.set(/** @type {any} */ (value).constants, "fs.constants");
  }
  const counts = go._goRefCounts.slice(commonValues);
  return go._values.slice(commonValues).map((/** @type {unknown} */ value, /** @type {number} */ index) => {
    const name = names.get(value);
    if (name === undefined || counts[index] !== 1) throw new Error(`the program holds ${name ?? value}`);
    return name;
  });
}

/** @returns {Record<string, number>} */
function toNamed(
  /** @type {Map<unknown, number>} */ functions,
  /** @type {Record<string, unknown>} */ scope,
) {
  const named = Object.entries(scope).flatMap(([name, value]) => {
    const id = functions.get(value);
    return id === undefined ? [] : [[name, id]];
  });
  return Object.fromEntries(named);
}

/** @param {number} index */
function nameOfGlobal(index) {
  return `global${index}`;
}

/**
 * @param {readonly Section[]} sections
 * @param {number} count
 */
function withGlobalExports(sections, count) {
  const exported = Array.from({ length: count }, (_, index) => toGlobalExport(nameOfGlobal(index), index));
  return sections.map(({ id, body }) =>
    id === sectionIds.export ? { id, body: withItems(body, exported) } : { id, body },
  );
}

/**
 * Without a memory of its own and what was to be put there, and with the globals as they are now.
 * @param {readonly Section[]} sections
 * @param {{ imported: Uint8Array, globals: Uint8Array, hints: Section }} with
 */
function toWaiting(sections, { imported, globals, hints }) {
  const left = new Set([sectionIds.custom, sectionIds.memory, sectionIds.data]);
  return sections
    .filter(({ id }) => !left.has(id))
    .flatMap(({ id, body }) => {
      if (id === sectionIds.import) return { id, body: withItems(body, [imported]) };
      if (id === sectionIds.code) return [hints, { id, body }];
      return { id, body: id === sectionIds.global ? globals : body };
    });
}

/**
 * @param {readonly Section[]} sections
 * @param {number} id
 */
function bodyOf(sections, id) {
  const found = sections.find((section) => section.id === id);
  if (found === undefined) throw new Error(`the program has no section ${id}`);
  return found.body;
}
