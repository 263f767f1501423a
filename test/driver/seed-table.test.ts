import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

it("every requirement of the seed names tests that are there", async () => {
  const page = await readFile("docs/seed.md", "utf8");
  const rows = [...page.matchAll(/^\| (R\d+) \|.*\| (.*) \|$/gm)];
  expect(rows.map(([, id]) => id)).toEqual(Array.from({ length: 24 }, (_, n) => `R${n + 1}`));
  for (const [, id, proofs = ""] of rows) {
    for (const proof of proofs.split("; `")) {
      const [, file = "", title = ""] = /^`?([^`]+)`: (.*)$/.exec(proof) ?? [];
      const source = await readFile(file, "utf8");
      const isThere = [`"${title.replaceAll("\\`", "`")}"`, `"${title}`].some((text) =>
        source.includes(text),
      );
      expect([id, file, title, isThere]).toEqual([id, file, title, true]);
    }
  }
});
