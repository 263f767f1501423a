import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLookup, interpolate, interpolateDeep } from "./interpolate.ts";

const env = new Map([
  ["NOMAD_IP", "10.0.0.1"],
  ["A.B", "dotted"],
  ["EMPTY", ""],
  ["LOOKS", "${NOMAD_IP}"],
]);
const node = new Map([
  ["attr.cpu.arch", "amd64"],
  ["meta.rack", "r1"],
  ["node.unique.name", "here"],
]);
const lookup = createLookup({ env: (name) => env.get(name), node });

describe("run-time references", () => {
  test.each([
    ["ip=${NOMAD_IP}!", "ip=10.0.0.1!"],
    ['${env["NOMAD_IP"]}', "10.0.0.1"],
    ["${env.NOMAD_IP}", "10.0.0.1"],
    ['${env["A.B"]}', "dotted"],
    ["${ NOMAD_IP }", "10.0.0.1"],
    ["${attr.cpu.arch}/${meta.rack}/${node.unique.name}", "amd64/r1/here"],
    ["<${EMPTY}>", "<>"],
    ["${UNKNOWN} ${attr.none}", "${UNKNOWN} ${attr.none}"],
    ["$${NOMAD_IP}", "${NOMAD_IP}"],
    ["$NOMAD_IP $ {} ${", "$NOMAD_IP $ {} ${"],
    ["${LOOKS}", "${NOMAD_IP}"],
    ["${a${NOMAD_IP}}", "${a10.0.0.1}"],
  ])("%s becomes %s", (text, expected) => {
    expect(interpolate(text, lookup)).toBe(expected);
  });

  test("strings at any depth are replaced, keys and other values are not", () => {
    const config = { "${NOMAD_IP}": ["${NOMAD_IP}", 1, { a: "${meta.rack}" }], b: true, c: null };
    expect(interpolateDeep(config, lookup)).toEqual({
      "${NOMAD_IP}": ["10.0.0.1", 1, { a: "r1" }],
      b: true,
      c: null,
    });
  });

  test("a text without references comes back as it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("${"));
        expect(interpolate(text, lookup)).toBe(text);
      }),
    );
  });

  test("any value takes a reference's place unchanged, dollars included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        expect(interpolate("<${X}>", () => value)).toBe(`<${value}>`);
      }),
    );
  });
});
