import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createFuzzedFile } from "../../scripts/fuzz-job-files.mjs";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

const folder = fileURLToPath(new URL("../../test/jobfile/fixtures/", import.meta.url));

async function readCorpus(): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => /\.nomad(\.|$)|^api/.test(name)).sort();
  return Promise.all(names.map((name) => readFile(`${folder}${name}`, "utf8")));
}

// 300 files here, 100,000 with `npm run fuzz`.
describe("random job files", () => {
  it("are read or refused with reasons, and crash nothing", async () => {
    const corpus = await readCorpus();
    let read = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const text = createFuzzedFile(seed, corpus);
      try {
        expect(
          (await readJobFile({ name: "fuzz.nomad", text })).job.groups.length,
          `seed ${seed}`,
        ).toBeGreaterThan(0);
        read++;
      } catch (error) {
        if (!(error instanceof JobFileError)) throw new Error(`seed ${seed}`, { cause: error });
        expect(error.diagnostics.map(formatDiagnostic).join("\n"), `seed ${seed}`).not.toMatch(
          /^$|engine|undefined|NaN/,
        );
      }
    }
    // Neither all nor none, or the mutations test nothing.
    expect(read).toBeGreaterThan(20);
    expect(read).toBeLessThan(280);
  });

  it("are the same for the same seed", async () => {
    const corpus = await readCorpus();
    expect(createFuzzedFile(7, corpus)).toBe(createFuzzedFile(7, corpus));
    expect(createFuzzedFile(7, corpus)).not.toBe(createFuzzedFile(8, corpus));
  });
});
