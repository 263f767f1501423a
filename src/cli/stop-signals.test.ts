import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { StopSignals } from "./stop-signals.ts";

function setUp() {
  const source = new EventEmitter();
  const signals = new StopSignals(source);
  const told: string[] = [];
  const listener = {
    stop: (signal: string) => void told.push(`stop ${signal}`),
    kill: () => void told.push("kill"),
    leave: () => {
      throw new Error("left");
    },
  };
  const send = (signal: string): boolean => source.emit(signal, signal);
  return { source, signals, told, listener, send };
}

describe("StopSignals", () => {
  it("asks to stop first and to kill then", () => {
    const { signals, told, listener, send } = setUp();
    signals.listen(listener);
    send("SIGINT");
    send("SIGINT");
    expect(told).toEqual(["stop SIGINT", "kill"]);
    expect(signals.exitCode).toBe(130);
  });

  it("leaves with the third, and lets the listener say so first", () => {
    const { signals, told, listener, send } = setUp();
    signals.listen(listener);
    send("SIGINT");
    send("SIGINT");
    expect(() => send("SIGINT")).toThrow("left");
    expect(told).toEqual(["stop SIGINT", "kill"]);
  });

  it("tells a listener that comes late what it missed", () => {
    const { signals, told, listener, send } = setUp();
    send("SIGTERM");
    signals.listen(listener);
    expect(told).toEqual(["stop SIGTERM"]);
    expect(signals.exitCode).toBe(143);
  });

  it("takes a hangup that comes with another signal for the same wish", () => {
    const { signals, told, listener, send } = setUp();
    signals.listen(listener);
    send("SIGHUP");
    send("SIGHUP");
    expect(told).toEqual(["stop SIGHUP"]);
    expect(signals.exitCode).toBe(129);
  });

  it("lets go of the process when disposed", () => {
    const { source, signals } = setUp();
    signals[Symbol.dispose]();
    expect(source.eventNames()).toEqual([]);
    expect(signals.exitCode).toBeUndefined();
  });
});
