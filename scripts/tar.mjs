// @ts-check

/**
 * @typedef {{ path: string, type: "folder", mode: number }
 *   | { path: string, type: "file", mode: number, data: Uint8Array }
 *   | { path: string, type: "link", target: string }} TarEntry
 */

const typeFlags = /** @type {const} */ ({ file: "0", link: "2", folder: "5" });

/**
 * A ustar archive. Owners are root and times are zero, so the same entries give the same bytes.
 * @param {readonly TarEntry[]} entries
 */
export function writeTar(entries) {
  const blocks = entries.flatMap((entry) => {
    const data = entry.type === "file" ? entry.data : new Uint8Array();
    return [header(entry, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** @param {TarEntry} entry @param {number} size */
function header(entry, size) {
  const block = Buffer.alloc(512);
  const { name, prefix } = splitPath(entry.path);
  block.write(name, 0);
  block.write(octal(entry.type === "link" ? 0o777 : entry.mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(typeFlags[entry.type], 156);
  if (entry.type === "link") block.write(entry.target, 157, 100);
  block.write("ustar\0" + "00", 257, "latin1");
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

/** @param {string} path */
function splitPath(path) {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  const cut = path.lastIndexOf("/", 155);
  return { name: path.slice(cut + 1), prefix: path.slice(0, cut) };
}

/** @param {number} value @param {number} digits */
function octal(value, digits) {
  return value.toString(8).padStart(digits, "0");
}
