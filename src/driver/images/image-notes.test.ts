import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../task/index.ts";
import { type ImageNote, ImageNotes } from "./image-notes.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "longshore-notes-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

function collect(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  return { ...silentLogger, warn: (message) => void lines.push(message), lines };
}

const toNote = (tag: string): ImageNote => ({
  reference: `r.io:5000/a/b:${tag}`,
  repository: "r.io:5000/a/b",
  imageIds: ["sha256:1"],
  fetchedIds: [],
});

it("notes outlive their writer, the newest of each image, and their folder goes with the last", () => {
  const folder = join(parent, "notes");
  const notes = new ImageNotes(folder, silentLogger);
  expect(notes.all()).toEqual([]);
  notes.put({ ...toNote("1"), imageIds: [] });
  notes.put(toNote("1"));
  notes.put(toNote("2"));
  const later = new ImageNotes(folder, silentLogger);
  expect([...later.all()].sort((a, b) => a.reference.localeCompare(b.reference))).toEqual([
    toNote("1"),
    toNote("2"),
  ]);
  later.drop(toNote("1").reference);
  later.drop(toNote("1").reference);
  expect(notes.all()).toEqual([toNote("2")]);
  later.drop(toNote("2").reference);
  expect(existsSync(folder)).toBe(false);
});

it("a note that is torn, or a folder that cannot be written, costs a warning and no more", () => {
  const logger = collect();
  const notes = new ImageNotes(parent, logger);
  notes.put(toNote("1"));
  writeFileSync(join(parent, "torn.json"), '{"reference":');
  writeFileSync(join(parent, "other.json"), "{}");
  expect(notes.all()).toEqual([toNote("1")]);
  expect(logger.lines).toEqual([
    "could not read the note of an image",
    "could not read the note of an image",
  ]);
  const file = join(parent, "file");
  writeFileSync(file, "");
  // Node's own recursive mkdir would never end here.
  for (const path of [join(file, "notes"), join(parent, "none", "notes"), "/proc/none/notes"]) {
    logger.lines.length = 0;
    new ImageNotes(path, logger).put(toNote("1"));
    expect(logger.lines).toEqual(["could not note an image"]);
  }
});
