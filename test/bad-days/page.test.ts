import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { messagesOf } from "./bad-day.ts";

it("every condition of docs/bad-days.md has a message and names tests that are there", async () => {
  const page = await readFile("docs/bad-days.md", "utf8");
  const rows = [...page.matchAll(/^\| (.+?) \| (.+) \| (`.+) \|$/gm)];
  const lines = page.split("\n").filter((line) => /^\| (?!condition|---)/.test(line));
  expect(rows).toHaveLength(lines.length);
  for (const [, condition = "", said = "", proofs = ""] of rows) {
    expect([condition, (await messagesOf(condition)).length > 0 || said.startsWith("(no message")]).toEqual([
      condition,
      true,
    ]);
    for (const proof of proofs.split("; `")) {
      const [, file = "", title = ""] = /^`?([^`]+)`: (.*)$/.exec(proof) ?? [];
      const source = await readFile(file, "utf8");
      expect([condition, file, title, source.includes(`"${title}"`)]).toEqual([condition, file, title, true]);
    }
  }
});
