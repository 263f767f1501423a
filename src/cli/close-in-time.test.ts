import { describe, expect, it } from "vitest";
import { closeInTime } from "./close-in-time.ts";

function setUp(closing: () => Promise<void>) {
  const hurry = new AbortController();
  const told: string[] = [];
  const inTime = closeInTime(
    { [Symbol.asyncDispose]: closing },
    { hurry: hurry.signal, ms: 1, onLate: () => void told.push("late") },
  );
  return { hurry, told, close: () => inTime[Symbol.asyncDispose]() };
}

const never = (): Promise<void> => new Promise(() => undefined);

describe("closing in time", () => {
  it("takes its time when nobody is in a hurry", async () => {
    let finish: () => void = () => undefined;
    const { close, told } = setUp(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const closed = close();
    finish();
    await closed;
    expect(told).toEqual([]);
  });

  it("is left when someone is in a hurry, before or while it goes on", async () => {
    const before = setUp(never);
    before.hurry.abort();
    await before.close();
    const during = setUp(never);
    const closed = during.close();
    during.hurry.abort();
    await closed;
    expect([before.told, during.told]).toEqual([["late"], ["late"]]);
  });

  it("fails as the resource does", async () => {
    await expect(setUp(() => Promise.reject(new Error("stuck"))).close()).rejects.toThrow("stuck");
  });
});
