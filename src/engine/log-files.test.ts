import { existsSync, renameSync, writeFileSync } from "node:fs";
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as tick } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogFrame } from "./engine.ts";
import { type LogFilesOptions, readLogFiles } from "./log-files.ts";

let folder: string;
let path: string;
let onStopped: () => void;
beforeEach(async () => {
  onStopped = () => undefined;
  folder = await mkdtemp(join(tmpdir(), "longshore-log-files-"));
  path = join(folder, "id-json.log");
});
afterEach(async () => await rm(folder, { recursive: true }));

const timeOf = (n: number) => BigInt(Date.UTC(2026, 0, 1) + n) * 1_000_000n;
const entry = (n: number) => {
  const time = new Date(Number(timeOf(n) / 1_000_000n)).toISOString().replace(/\.?0+Z$/, "Z");
  return `${JSON.stringify({ log: `${n}\n`, stream: "stdout", time })}\n`;
};
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index)).join("");
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Begins a new file as the engine does. */
async function rotate(keep: number, first: string): Promise<void> {
  for (let age = keep - 1; age >= 1; age--) {
    await rename(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`).catch(() => undefined);
  }
  await writeFile(path, first);
}

/** The same at one moment. */
function beginFile(first: string): void {
  for (const age of [7, 6, 5, 4, 3, 2]) {
    if (existsSync(`${path}.${age - 1}`)) renameSync(`${path}.${age - 1}`, `${path}.${age}`);
  }
  renameSync(path, `${path}.1`);
  writeFileSync(path, first);
}

function readFiles(options: Partial<LogFilesOptions> = {}, ended = new AbortController().signal) {
  return readLogFiles({
    file: { path, ended, onStopped: () => onStopped() },
    fromNs: undefined,
    signal: undefined,
    take: (timed) => timed.map((frame): LogFrame => ({ ...frame, place: undefined })),
    ...options,
  });
}

/** A reading of the files whose pieces are asked for one by one. */
function startReading(options: Partial<LogFilesOptions> = {}) {
  const ending = new AbortController();
  const frames = readFiles(options, ending.signal);
  const seen: number[] = [];
  return {
    seen,
    end: () => ending.abort(),
    /** Reads until a number has come, or to the end, which it answers. */
    async until(last: number): Promise<string | undefined> {
      while (seen.at(-1) !== last) {
        const next = await frames.next();
        if (next.done) return next.value;
        seen.push(...next.value.map(({ data }) => Number(Buffer.from(data).toString())));
      }
      return undefined;
    },
    [Symbol.asyncDispose]: async () => void (await frames.return("ended")),
  };
}

describe("the engine's log files", () => {
  it("are read as they grow, and to their end when the container has ended", async () => {
    await writeFile(path, entries(1, 3));
    await using reading = startReading();
    await reading.until(3);
    await appendFile(path, entry(4).slice(0, 20));
    await appendFile(path, entry(4).slice(20));
    await reading.until(4);
    await appendFile(path, entries(5, 6));
    reading.end();
    expect(await reading.until(Number.NaN)).toBe("ended");
    expect(reading.seen).toEqual(numbers(1, 6));
  });

  it("are read from the oldest one on", async () => {
    await writeFile(`${path}.2`, entries(1, 3));
    await writeFile(`${path}.1`, entries(4, 6));
    await writeFile(path, entries(7, 8));
    await using reading = startReading();
    reading.end();
    expect(await reading.until(Number.NaN)).toBe("ended");
    expect(reading.seen).toEqual(numbers(1, 8));
  });

  it("are read one after the other as they are begun, also those that are removed meanwhile", async () => {
    await writeFile(path, entries(1, 3));
    await using reading = startReading();
    await reading.until(3);
    for (let next = 4; next < 40; next += 4) {
      // What the engine writes last before it begins a new file.
      await appendFile(path, entry(next));
      await rotate(2, entries(next + 1, next + 3));
      await reading.until(next + 3);
    }
    reading.end();
    expect(await reading.until(Number.NaN)).toBe("ended");
    expect(reading.seen).toEqual(numbers(1, 39));
  });

  it("are read in their order also when more are begun while they are opened", async () => {
    await writeFile(path, entries(1, 1));
    await using reading = startReading();
    let last = 1;
    for (let round = 0; round < 36; round++) {
      const done = reading.until(last + 3);
      for (let begun = 0; begun < 3; begun++) {
        for (let ticks = round % 6; ticks > 0; ticks--) await tick();
        beginFile(entry(++last));
      }
      expect(await done).toBeUndefined();
    }
    expect(reading.seen).toEqual(numbers(1, last));
  });

  it.each([0, 1, 2])("have a place found in file %s", async (age) => {
    for (const each of [0, 1, 2]) {
      const from = 1 + (2 - each) * 10_000;
      await writeFile(each === 0 ? path : `${path}.${each}`, entries(from, from + 9999));
    }
    const place = (2 - age) * 10_000 + 5000;
    await using reading = startReading({ fromNs: timeOf(place) });
    reading.end();
    expect(await reading.until(Number.NaN)).toBe("ended");
    expect(reading.seen).toEqual(numbers(place, 30_000));
  });

  it("have the first of several frames of one time found", async () => {
    await writeFile(path, entries(1, 9) + entry(5) + entries(10, 12));
    await using reading = startReading({ fromNs: timeOf(5) });
    await reading.until(12);
    expect(reading.seen).toEqual([...numbers(5, 9), 5, ...numbers(10, 12)]);
  });
});

describe("the first of several frames of one time", () => {
  it("is found in the file before", async () => {
    await writeFile(`${path}.2`, entries(1, 5));
    await writeFile(`${path}.1`, entry(5) + entry(5));
    await writeFile(path, entry(5) + entries(6, 8));
    await using reading = startReading({ fromNs: timeOf(5) });
    await reading.until(8);
    expect(reading.seen).toEqual([5, 5, 5, ...numbers(5, 8)]);
  });

  it("may be in a file that the engine has packed", async () => {
    await writeFile(`${path}.1.gz`, "");
    await writeFile(path, entries(5, 8));
    expect(await startReading({ fromNs: timeOf(5) }).until(8)).toBe("lost");
    await using after = startReading({ fromNs: timeOf(6) });
    await after.until(8);
    expect(after.seen).toEqual(numbers(6, 8));
  });
});

describe("a loss is told, and not read over, when", () => {
  it("the place is in no file", async () => {
    await writeFile(path, entries(4, 6));
    expect(await startReading({ fromNs: timeOf(3) }).until(6)).toBe("lost");
  });

  it("the engine has packed the oldest file", async () => {
    await writeFile(path, entries(4, 6));
    await writeFile(`${path}.1.gz`, "");
    expect(await startReading().until(6)).toBe("lost");
  });

  it("the file is emptied", async () => {
    await writeFile(path, entries(1, 6));
    await using reading = startReading();
    await reading.until(6);
    await truncate(path);
    expect(await reading.until(Number.NaN)).toBe("lost");
  });

  it("the file is emptied, and filled with lines of the same length again", async () => {
    await writeFile(path, entries(101, 106));
    await using reading = startReading();
    await reading.until(106);
    await writeFile(path, entries(201, 299));
    expect(await reading.until(299)).toBe("lost");
  });

  it("the file is emptied, and filled with long lines that look the same", async () => {
    const long = (n: number) => entry(n).replace("\\n", "x".repeat(20_000));
    const reads = (part: Promise<IteratorResult<unknown>>) => part.then(({ value }) => value);
    await writeFile(path, (long(101) + long(102)).slice(0, 32_000));
    const frames = readFiles();
    expect(await reads(frames.next())).toHaveLength(1);
    const next = reads(frames.next());
    await writeFile(path, long(201) + long(202));
    expect(await next).toBe("lost");
  });

  it("a file is not there that has one before it", async () => {
    await writeFile(`${path}.1`, entries(1, 3));
    expect(await startReading().until(6)).toBe("lost");
    await rename(`${path}.1`, `${path}.2`);
    await writeFile(path, entries(4, 6));
    expect(await startReading().until(6)).toBe("lost");
  });

  it("files came and went between", async () => {
    await writeFile(path, entries(1, 6));
    await using reading = startReading();
    await reading.until(6);
    await rename(path, join(folder, "gone"));
    await writeFile(`${path}.1`, entries(12, 14));
    await writeFile(path, entries(15, 18));
    expect(await reading.until(18)).toBe("lost");
  });
});

it("an end of the container that the engine notes beside its log is told, and no other change of its state", async () => {
  let running = true;
  const told: boolean[] = [];
  const stopped = new Promise<void>((resolve) => {
    onStopped = () => {
      told.push(running);
      resolve();
    };
  });
  const note = async () => {
    await writeFile(join(folder, "new"), JSON.stringify({ State: { Running: running } }));
    await rename(join(folder, "new"), join(folder, "config.v2.json"));
  };
  await writeFile(path, entries(1, 1));
  await using reading = startReading();
  await reading.until(1);
  const rest = reading.until(2);
  await note();
  await appendFile(path, entry(2));
  await rest;
  running = false;
  await note();
  await stopped;
  expect(told).not.toContain(true);
});

it("files that are not there, or may not be read, are an error", async () => {
  await expect(startReading().until(1)).rejects.toMatchObject({ kind: "not-found" });
});

it("a reading that is given up ends with the reason", async () => {
  await writeFile(path, entries(1, 3));
  const controller = new AbortController();
  await using reading = startReading({ signal: controller.signal });
  await reading.until(3);
  const rest = reading.until(4);
  controller.abort(new Error("enough"));
  await expect(rest).rejects.toThrow("enough");
});
