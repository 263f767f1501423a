import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Piece, Utf8Pieces } from "./utf8-pieces.ts";

const toBytes = (piece: Piece | undefined): Uint8Array =>
  piece === undefined
    ? new Uint8Array()
    : "text" in piece
      ? Buffer.from(piece.text, "utf8")
      : Buffer.from(piece.base64, "base64");

describe("Utf8Pieces", () => {
  it("keeps a character whole that two pushes share", () => {
    const pieces = new Utf8Pieces();
    const euro = Buffer.from("1 €");
    expect(pieces.push(euro.subarray(0, 3))).toEqual({ text: "1 " });
    expect(pieces.push(euro.subarray(3))).toEqual({ text: "€" });
    expect(pieces.end()).toBeUndefined();
  });

  it("gives bytes that are no text in base64", () => {
    const pieces = new Utf8Pieces();
    expect(pieces.push(Uint8Array.of(0x61, 0xff, 0x62))).toEqual({ base64: "Yf9i" });
    expect(pieces.push(Uint8Array.of(0xe2, 0x82))).toBeUndefined();
    expect(pieces.end()).toEqual({ base64: "4oI=" });
  });

  it("loses and changes no byte", () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.string({ unit: "grapheme" }).map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const pieces = new Utf8Pieces();
        const out = [...chunks.map((data) => toBytes(pieces.push(data))), toBytes(pieces.end())];
        expect(Buffer.concat(out)).toEqual(Buffer.concat(chunks));
      }),
    );
  });
});
