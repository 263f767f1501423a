import { describe, expect, it } from "vitest";
import { LongshoreError } from "../task/index.ts";
import { createHclogLogger, readLogLevel, toHclogLine } from "./hclog.ts";

const at = new Date("2026-11-23T20:22:08.851Z");
const parse = (line: string): Record<string, unknown> => JSON.parse(line);

describe("toHclogLine", () => {
  it("is one object a line, with a time that hclog reads", () => {
    expect(toHclogLine("info", "started\nnow", { task: "web", count: 3, none: undefined }, at)).toBe(
      '{"@level":"info","@message":"started\\nnow","@timestamp":"2026-11-23T20:22:08.851000Z","task":"web","count":3}\n',
    );
  });

  it("keeps its three own keys, whatever the fields are called", () => {
    const line = parse(toHclogLine("warn", "x", { "@message": 7, "@level": null, "@timestamp": {} }, at));
    expect(line).toEqual({ "@level": "warn", "@message": "x", "@timestamp": "2026-11-23T20:22:08.851000Z" });
  });

  it("tells errors with their causes and what to try, and anything else as it can", () => {
    const error = new LongshoreError("internal", "it failed", {
      cause: new Error("no space"),
      hint: "Make some.",
    });
    const line = parse(toHclogLine("error", "x", { error, big: 10n, list: [1, { a: 2 }] }, at));
    expect(line).toMatchObject({ error: "it failed: no space. Make some.", big: "10", list: '[1,{"a":2}]' });
  });

  it("stays below the length at which the host would tear it", () => {
    const long = "ä".repeat(100_000);
    const fields = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`field${n}`, long]));
    for (const one of [{}, { long }, fields]) {
      const line = toHclogLine("info", long, one, at);
      expect(Buffer.byteLength(line)).toBeLessThan(64 * 1024);
      expect(parse(line)["@level"]).toBe("info");
    }
  });
});

describe("createHclogLogger", () => {
  it("drops lines below the agent's level, and while the agent does not read, and tells how many", () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => lines.push(line), writableLength: 0 };
    const logger = createHclogLogger(stream, readLogLevel("INFO"));
    logger.debug("not wanted");
    logger.info("one");
    stream.writableLength = 2 * 1024 * 1024;
    logger.info("lost");
    logger.error("lost too");
    stream.writableLength = 0;
    logger.info("two");
    expect(lines.map(parse)).toMatchObject([
      { "@message": "one" },
      { "@level": "warn", lines: 2 },
      { "@message": "two" },
    ]);
  });

  it("takes debug for an agent that says no level, or none that is known", () => {
    expect([undefined, "", "verbose", "Warn", "trace"].map(readLogLevel)).toEqual([
      "debug",
      "debug",
      "debug",
      "warn",
      "trace",
    ]);
  });
});
