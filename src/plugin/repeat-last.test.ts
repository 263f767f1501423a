import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Channel } from "./channel.ts";
import { repeatLast } from "./repeat-last.ts";

const times = { first: "none yet", firstMs: 5000, everyMs: 30_000 };

describe("repeatLast", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hands items on as they come, and the last one again every so often", async () => {
    const items = new Channel<string>();
    const read = repeatLast(items, times, new AbortController().signal);
    items.replace("a");
    expect((await read.next()).value).toBe("a");
    for (let round = 0; round < 2; round++) {
      const next = read.next();
      await vi.advanceTimersByTimeAsync(times.everyMs);
      expect((await next).value).toBe("a");
    }
    items.replace("b");
    expect((await read.next()).value).toBe("b");
    items.close();
    expect((await read.next()).done).toBe(true);
  });

  it("says that there is none yet when the first takes too long, and then goes on with it", async () => {
    const items = new Channel<string>();
    const read = repeatLast(items, times, new AbortController().signal);
    const first = read.next();
    await vi.advanceTimersByTimeAsync(times.firstMs);
    expect((await first).value).toBe("none yet");
    const second = read.next();
    items.replace("a");
    expect((await second).value).toBe("a");
  });
});
