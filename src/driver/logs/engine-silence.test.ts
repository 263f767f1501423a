import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EngineSilence } from "./engine-silence.ts";

const limitMs = 15_000;
const never = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function startSilence() {
  const end = new AbortController();
  return { end, silence: new EngineSilence({ limitMs, ended: end.signal }) };
}

describe("an engine's answer", () => {
  it("may say nothing as long as the container runs", () => {
    const { silence } = startSilence();
    using answer = silence.ask(never);
    vi.advanceTimersByTime(10 * limitMs);
    expect(answer.hasStalled).toBe(false);
    expect(silence.isOver).toBe(false);
  });

  it("stalls sooner or later once it has ended, each time later, until the time is over", () => {
    const { silence, end } = startSilence();
    const first = silence.ask(never);
    vi.advanceTimersByTime(limitMs);
    end.abort();
    const stalledAfter = [first, undefined, undefined, undefined].map((begun) => {
      expect(silence.isOver).toBe(false);
      const answer = begun ?? silence.ask(never);
      const sinceMs = performance.now();
      while (!answer.hasStalled) vi.advanceTimersByTime(100);
      silence.onBreak(answer);
      return performance.now() - sinceMs;
    });
    expect(stalledAfter).toEqual([1000, 2000, 4000, 8000]);
    expect(silence.isOver).toBe(true);
  });

  it("does not stall while something comes, or while its reader is at it", () => {
    const { silence, end } = startSilence();
    end.abort();
    using answer = silence.ask(never);
    for (let n = 0; n < 20; n++) {
      vi.advanceTimersByTime(900);
      answer.onProgress();
    }
    answer.pause();
    vi.advanceTimersByTime(limitMs);
    answer.goOn();
    vi.advanceTimersByTime(900);
    expect([answer.hasStalled, silence.isOver]).toEqual([false, false]);
    vi.advanceTimersByTime(100);
    expect(answer.hasStalled).toBe(true);
  });

  it("that has nothing new before it stalls is no better than none", () => {
    const { silence, end } = startSilence();
    end.abort();
    for (let n = 0; n < 4; n++) {
      const answer = silence.ask(never);
      answer.onProgress();
      while (!answer.hasStalled) vi.advanceTimersByTime(100);
      silence.onBreak(answer);
    }
    expect(silence.isOver).toBe(true);
  });

  it("ends with its reader's signal, and when it is disposed no time runs", () => {
    const { silence, end } = startSilence();
    const reader = new AbortController();
    const answer = silence.ask(reader.signal);
    end.abort();
    reader.abort();
    expect(answer.signal.aborted).toBe(true);
    answer[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an engine that breaks off again and again", () => {
  it("has the limit's time from the first break on", () => {
    const { silence } = startSilence();
    for (let n = 0; n < 15; n++) {
      silence.onBreak(silence.ask(never));
      expect(silence.isOver).toBe(false);
      vi.advanceTimersByTime(1000);
    }
    expect(silence.isOver).toBe(true);
  });

  it("was well while an answer held for long", () => {
    const { silence } = startSilence();
    silence.onBreak(silence.ask(never));
    const answer = silence.ask(never);
    vi.advanceTimersByTime(limitMs + 1);
    silence.onBreak(answer);
    expect(silence.isOver).toBe(false);
  });

  it("is not blamed for the time in which it is known to be away", async () => {
    const { silence } = startSilence();
    silence.onBreak(silence.ask(never));
    const away = silence.exclude(new Promise((resolve) => setTimeout(resolve, limitMs)));
    await vi.advanceTimersByTimeAsync(limitMs);
    await away;
    vi.advanceTimersByTime(limitMs - 1);
    expect(silence.isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(silence.isOver).toBe(true);
  });
});
