// @ts-check

/**
 * A stream of numbers from 0 to 1 that a seed decides (mulberry32).
 * @param {number} seed
 */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const words =
  `job group task config env meta resources network port restart template service check variable variables
  locals dynamic content for_each iterator labels lifecycle logs artifact volume volume_mount update constraint type
  count driver image command args ports static to cpu memory dynamic_ports reserved_ports kill_timeout data destination
  for in if else endif endfor true false null var.x local.y NOMAD_PORT_http upper lower join format merge try can
  "a" "b" "docker" "5s" "\${" "}" "%{" "~}" "$\${" "\\u00e9" "\\n" <<EOF <<-EOF EOF 0 1 -1 80 65536 1e309 0.5
  99999999999999999999 { } [ ] ( ) = == != ? : , . ... * / % + - ! && || => # // /* */ " ' \\ @ $ ^ ~ é 日本 \u{1f600} \u0001`
    .split(/\s+/)
    .filter((word) => word !== "");

/**
 * The job file of a seed and number: token soup, or one of the corpus with pieces removed, doubled, swapped or mixed in.
 * @param {number} seed
 * @param {readonly string[]} corpus
 */
export function createFuzzedFile(seed, corpus) {
  const random = createRandom(seed);
  /** @param {number} below */
  const upTo = (below) => Math.floor(random() * below);
  /** @template T @param {readonly T[]} items @returns {T} */
  const pick = (items) => /** @type {T} */ (items[upTo(items.length)]);
  if (random() < 0.15) return soup(pick, upTo(80));
  let text = pick(corpus);
  for (let edits = pick([1, 1, 1, 2, 3, 6]); edits > 0; edits--) text = mutate(text, { corpus, upTo, pick });
  return text;
}

/**
 * @param {<T>(items: readonly T[]) => T} pick
 * @param {number} count
 */
function soup(pick, count) {
  return Array.from({ length: count }, () => pick(words) + pick([" ", " ", "\n", ""])).join("");
}

/**
 * @param {string} text
 * @param {{ corpus: readonly string[], upTo: (below: number) => number, pick: <T>(items: readonly T[]) => T }} tools
 */
function mutate(text, { corpus, upTo, pick }) {
  const at = upTo(text.length + 1);
  const end = Math.min(text.length, at + upTo(pick([3, 20, 200])));
  const edits = [
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at) + pick(words) + text.slice(at),
    () => text.slice(0, at) + pick(words) + text.slice(end),
    () => text.slice(0, at) + String.fromCodePoint(upTo(0x250) || 1) + text.slice(at + 1),
    () =>
      editLines(text, upTo, (lines, from, to) => lines.splice(from, 1, lines[to] ?? "", lines[from] ?? "")),
    () => editLines(text, upTo, (lines, from) => lines.splice(from, 1)),
    () => replaceNth(text, /"[^"\n]*"|\b\d+\b/g, upTo, () => pick(words)),
    () => replaceNth(text, /\b[a-z_]{3,}\b/g, upTo, () => pick(words)),
    () => text.replaceAll(pick(words), pick(words)),
    () => {
      const other = pick(corpus);
      const from = upTo(other.length);
      return text.slice(0, at) + other.slice(from, from + upTo(300)) + text.slice(end);
    },
  ];
  const mutated = pick(edits)();
  // Replacements can grow a text without end.
  return mutated.length > 20_000 ? text : mutated;
}

/**
 * @param {string} text
 * @param {(below: number) => number} upTo
 * @param {(lines: string[], from: number, to: number) => void} edit
 */
function editLines(text, upTo, edit) {
  const lines = text.split("\n");
  edit(lines, upTo(lines.length), upTo(lines.length));
  return lines.join("\n");
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 * @param {(below: number) => number} upTo
 * @param {() => string} replacement
 */
function replaceNth(text, pattern, upTo, replacement) {
  const found = [...text.matchAll(pattern)];
  const match = found[upTo(found.length)];
  if (match === undefined) return text;
  return text.slice(0, match.index) + replacement() + text.slice(match.index + match[0].length);
}
