// @ts-check
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { createFuzzedFile } from "./fuzz-job-files.mjs";
import { copyHclParts } from "./hcl-parts.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));
/** Above this a file counts as a hang. */
const slowMs = 10_000;

/**
 * `node scripts/fuzz.mjs [COUNT] [SEED]`: reads COUNT (100,000) random job files, and ends with 1 at the first that is
 * neither read nor refused with a JobFileError. Same seed, same files.
 */
async function main() {
  const count = Number(process.argv[2] ?? 100_000);
  const firstSeed = Number(process.argv[3] ?? 1);
  const folder = await mkdtemp(join(repository, "node_modules", ".fuzz-"));
  try {
    const jobfile = await bundle(folder);
    const corpus = await readCorpus();
    await run({ jobfile, corpus, count, firstSeed });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @returns {Promise<typeof import("../src/jobfile/index.ts")>} */
async function bundle(folder) {
  const outfile = join(folder, "jobfile.mjs");
  const entry = join(repository, "src", "jobfile", "index.ts");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  await copyHclParts(folder);
  return await import(pathToFileURL(outfile).href);
}

async function readCorpus() {
  const folder = join(repository, "test", "jobfile", "fixtures");
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.filter((text) => /"?[jJ]ob"?/.test(text));
}

/**
 * @param {{ jobfile: typeof import("../src/jobfile/index.ts"), corpus: readonly string[], count: number, firstSeed: number }} what
 */
async function run({ jobfile, corpus, count, firstSeed }) {
  const startedAt = performance.now();
  let read = 0;
  let slowest = { ms: 0, seed: firstSeed };
  for (let number = 0; number < count; number++) {
    const seed = firstSeed + number;
    const text = createFuzzedFile(seed, corpus);
    const before = performance.now();
    try {
      if (await isRead(jobfile, text)) read++;
    } catch (error) {
      await writeFile("fuzz-failure.nomad", text);
      throw new Error(`seed ${seed} (the file is in fuzz-failure.nomad)`, { cause: error });
    }
    const ms = performance.now() - before;
    if (ms > slowest.ms) slowest = { ms, seed };
    if (ms > slowMs) throw new Error(`seed ${seed} took ${(ms / 1000).toFixed(1)} s`);
    if ((number + 1) % 1000 === 0 || number + 1 === count) {
      const rate = Math.round((number + 1) / ((performance.now() - startedAt) / 1000));
      process.stderr.write(`${number + 1} of ${count} files, ${read} of them read, ${rate} a second\n`);
    }
  }
  process.stdout.write(
    `${count} random job files: ${read} read, ${count - read} refused, none crashed; the slowest took ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed})\n`,
  );
}

/**
 * @param {typeof import("../src/jobfile/index.ts")} jobfile
 * @param {string} text
 */
async function isRead({ readJobFile, formatDiagnostic, JobFileError }, text) {
  try {
    await readJobFile({ name: "fuzz.nomad", text });
    return true;
  } catch (error) {
    if (!(error instanceof JobFileError)) throw error;
    if (error.diagnostics.length === 0) throw new Error("refused without a reason", { cause: error });
    // The engine catches its own crashes; here they are what is looked for.
    if (error.cause !== undefined && String(error.cause).includes("engine")) throw error;
    error.diagnostics.map(formatDiagnostic);
    return false;
  }
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
