// @ts-check

/** The numbers of a WebAssembly module's sections, as its specification has them. */
export const sectionIds = { custom: 0, import: 2, memory: 5, global: 6, export: 7, code: 10, data: 11 };

const headerBytes = 8;
const endOfExpression = 0x0b;
const numberTypes = { i32: 0x7f, i64: 0x7e };

/** @typedef {{ readonly id: number, readonly body: Uint8Array }} Section */
/** @typedef {{ readonly type: number, readonly value: number | bigint }} Global */

/**
 * A module's sections, in their order.
 * @param {Uint8Array} module
 * @returns {Section[]}
 */
export function readSections(module) {
  const sections = [];
  for (let at = headerBytes; at < module.length; ) {
    const id = module[at] ?? 0;
    const [size, start] = readUnsigned(module, at + 1);
    sections.push({ id, body: module.subarray(start, start + size) });
    at = start + size;
  }
  return sections;
}

/**
 * @param {readonly Section[]} sections
 * @returns {Buffer} the module
 */
export function toModule(sections) {
  const header = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  return Buffer.concat([
    header,
    ...sections.map(({ id, body }) => Buffer.concat([Buffer.from([id]), toUnsigned(body.length), body])),
  ]);
}

/**
 * A section that holds a list, with further items at its end.
 * @param {Uint8Array} body
 * @param {readonly Uint8Array[]} items
 */
export function withItems(body, items) {
  const [count, start] = readUnsigned(body, 0);
  return Buffer.concat([toUnsigned(count + items.length), body.subarray(start), ...items]);
}

/**
 * The types of a module's globals, which must all be numbers that change.
 * @param {Uint8Array} body of the section
 * @returns {number[]}
 */
export function readGlobalTypes(body) {
  const [count, start] = readUnsigned(body, 0);
  const types = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const [type = 0, changes] = body.subarray(at, at + 2);
    if (!Object.values(numberTypes).includes(type) || changes !== 1)
      throw new Error(`global ${index} is no number that changes`);
    types.push(type);
    at = body.indexOf(endOfExpression, at + 3) + 1;
  }
  return types;
}

/**
 * The section of globals that begin with these values.
 * @param {readonly Global[]} globals
 */
export function toGlobals(globals) {
  const items = globals.map(({ type, value }) => {
    const constant = type === numberTypes.i32 ? 0x41 : 0x42;
    return Buffer.concat([
      Buffer.from([type, 1, constant]),
      toSigned(BigInt(value)),
      Buffer.from([endOfExpression]),
    ]);
  });
  return Buffer.concat([toUnsigned(globals.length), ...items]);
}

/**
 * An export of a global.
 * @param {string} name
 * @param {number} index
 */
export function toGlobalExport(name, index) {
  return Buffer.concat([toName(name), Buffer.from([3]), toUnsigned(index)]);
}

/**
 * An import of the memory, of `pages` to begin with.
 * @param {string} module
 * @param {string} name
 * @param {number} pages of 64 KB
 */
export function toMemoryImport(module, name, pages) {
  return Buffer.concat([toName(module), toName(name), Buffer.from([2, 0]), toUnsigned(pages)]);
}

/**
 * @param {string} name
 * @param {Uint8Array} content
 * @returns {Section}
 */
export function toCustomSection(name, content) {
  return { id: sectionIds.custom, body: Buffer.concat([toName(name), content]) };
}

/**
 * The section of code in which every function first sets the byte at `base` and its number, counted from the first that
 * is not imported, to 1.
 * @param {Uint8Array} body
 * @param {number} base an address
 */
export function withMarks(body, base) {
  const functions = [];
  const [count, start] = readUnsigned(body, 0);
  for (let at = start, number = 0; number < count; number++) {
    const [size, from] = readUnsigned(body, at);
    at = from + size;
    const code = endOfLocals(body, from);
    const mark = Buffer.concat([
      Buffer.from([0x41]),
      toSigned(BigInt(base + number)),
      Buffer.from([0x41, 1, 0x3a, 0, 0]),
    ]);
    const marked = Buffer.concat([body.subarray(from, code), mark, body.subarray(code, at)]);
    functions.push(toUnsigned(marked.length), marked);
  }
  return Buffer.concat([toUnsigned(count), ...functions]);
}

/**
 * @param {Uint8Array} body of a section of code
 */
export function countFunctions(body) {
  return readUnsigned(body, 0)[0];
}

/**
 * The section that tells V8 which functions to compile at once, and which when they are called; both in the quick way.
 * @param {readonly boolean[]} atOnce of each function
 * @returns {Section}
 */
export function toCompilationHints(atOnce) {
  const lazy = 1;
  const eager = 2;
  const quickTiers = (1 << 2) | (1 << 4);
  const hints = Buffer.from(atOnce.map((now) => (now ? eager : lazy) | quickTiers));
  return toCustomSection("compilationHints", Buffer.concat([toUnsigned(hints.length), hints]));
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start of a function's declarations of locals
 */
function endOfLocals(bytes, start) {
  let [groups, at] = readUnsigned(bytes, start);
  for (; groups > 0; groups--) at = readUnsigned(bytes, at)[1] + 1;
  return at;
}

/** @param {string} name */
function toName(name) {
  return Buffer.concat([toUnsigned(Buffer.byteLength(name)), Buffer.from(name)]);
}

/**
 * A number in LEB128, and where it ends.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @returns {[number, number]}
 */
function readUnsigned(bytes, start) {
  let value = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at + 1];
  }
}

/** @param {number} value */
function toUnsigned(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** @param {bigint} value */
function toSigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    const isLast = rest >> 6n === 0n || rest >> 6n === -1n;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return Buffer.from(bytes);
  }
}
