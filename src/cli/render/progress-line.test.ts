import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toProgressLine } from "./progress-line.ts";
import { textWidth } from "./text.ts";

const progress = {
  image: "registry.example.org/team/service:1.2.3",
  receivedBytes: 12_300_000,
  totalBytes: 27_000_000,
  bytesPerSecond: 3_100_000,
  secondsLeft: 4.7,
  layersDone: 1,
  layersTotal: 4,
};

describe("toProgressLine", () => {
  it("shows name, bar, percent, bytes, rate and time left where there is room", () => {
    expect(toProgressLine({ ...progress, image: "redis:7" }, 100)).toMatchInlineSnapshot(
      `"redis:7  [==========>           ]   45%  12.3 MB of 27.0 MB  3.10 MB/s  5s left"`,
    );
  });

  it("leaves out the bar, then parts, on narrow terminals", () => {
    expect(toProgressLine(progress, 79)).toMatchInlineSnapshot(
      `"….example.org/team/service:1.2.3   45%  12.3 MB of 27.0 MB  3.10 MB/s  5s left"`,
    );
    expect(toProgressLine(progress, 39)).toMatchInlineSnapshot(`"…org/team/service:1.2.3   45%  5s left"`);
    expect(toProgressLine(progress, 20)).toMatchInlineSnapshot(`"…service:1.2.3   45%"`);
  });

  it("unpacks once every byte is there", () => {
    const all = { ...progress, image: "redis:7", receivedBytes: 27_000_000, secondsLeft: 0 };
    expect(toProgressLine(all, 60)).toMatch(/^redis:7 .*100% {2}27\.0 MB of 27\.0 MB {2}unpacking$/);
  });

  it("lines up names where there is room", () => {
    expect(toProgressLine({ ...progress, image: "a" }, 70, 10)).toMatch(/^a {9} {2}/);
  });

  it("waits while no size is known", () => {
    const unknown = { ...progress, image: "redis:7", receivedBytes: 0, totalBytes: 0, bytesPerSecond: 0 };
    expect(toProgressLine({ ...unknown, secondsLeft: undefined }, 79)).toBe("redis:7  waiting");
  });

  it("is never wider than it may be", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 80 }),
        fc.nat(1e12),
        fc.nat(1e12),
        fc.integer({ min: 10, max: 200 }),
        (image, receivedBytes, totalBytes, columns) => {
          const line = toProgressLine({ ...progress, image, receivedBytes, totalBytes }, columns);
          expect(textWidth(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});
