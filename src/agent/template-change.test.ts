import { describe, expect, it } from "vitest";
import { createJumpingClock, makeTemplate } from "../../test/agent/jobs.ts";
import { LongshoreError } from "../task/index.ts";
import type { TaskRun } from "./task-host.ts";
import { applyChanges, type TemplateWish } from "./template-change.ts";

function setUp(fault?: LongshoreError | number) {
  const told: string[] = [];
  const wishes: TemplateWish[] = [];
  const clock = createJumpingClock();
  const driver = {
    async signalTask(_id: string, name: string) {
      if (fault instanceof LongshoreError) throw fault;
      told.push(name);
    },
    async execTask(_id: string, { command }: { readonly command: readonly string[] }) {
      if (fault instanceof LongshoreError) throw fault;
      told.push(command.join(" "));
      return { exitCode: fault ?? 0, stdout: new Uint8Array(), stderr: new Uint8Array() };
    },
  };
  const run = {
    context: { clock, random: () => 0.5, driver },
    host: { emit: (_detail: unknown, message: string) => void told.push(message) },
  } as unknown as TaskRun;
  const signal = new AbortController().signal;
  const apply = (...changed: Parameters<typeof makeTemplate>[0][]): Promise<void> =>
    applyChanges(run, changed.map(makeTemplate), {
      taskId: "id",
      signal,
      wish: (wish) => void wishes.push(wish),
    });
  return { apply, told, wishes, waits: clock.waits };
}

const script = (failOnError = false) => ({
  command: "reload",
  args: ["-q"],
  timeoutMs: 1000,
  failOnError,
  runOnFirstRender: false,
});

describe("templates that have changed", () => {
  it("start the task anew, once and without a signal, after the longest splay's random part", async () => {
    const { apply, told, wishes, waits } = setUp();
    await apply(
      { changeMode: "signal", splayMs: 1000 },
      { changeMode: "restart", destination: "a", splayMs: 200 },
      { changeMode: "restart", destination: "b" },
    );
    expect([told, wishes, waits]).toEqual([
      [],
      [{ type: "restart", reason: "template a has changed" }],
      [500],
    ]);
  });

  it("send each signal once, and run every script", async () => {
    const { apply, told, wishes } = setUp();
    await apply(
      { changeMode: "signal", changeSignal: "SIGHUP" },
      { changeMode: "signal", changeSignal: "SIGHUP" },
      { changeMode: "script", changeScript: script() },
      { changeMode: "noop" },
    );
    expect(told).toEqual([
      "SIGHUP",
      "sent SIGHUP: a template has changed",
      "reload -q",
      "ran reload: a template has changed",
    ]);
    expect(wishes).toEqual([]);
  });

  it("let a task go on that cannot hear the signal just now, and not one whose signal does not exist", async () => {
    const away = setUp(new LongshoreError("unavailable", "no engine"));
    await away.apply({ changeMode: "signal" });
    expect([away.told, away.wishes]).toEqual([
      ["could not be sent SIGHUP for a changed template: no engine"],
      [],
    ]);
    const invalid = setUp(new LongshoreError("invalid", "no such signal"));
    await invalid.apply({ changeMode: "signal" });
    expect(invalid.wishes).toMatchObject([{ type: "fail", error: { message: "no such signal" } }]);
  });

  it("fail the task with their script where they say so", async () => {
    const patient = setUp(3);
    await patient.apply({ changeMode: "script", changeScript: script() });
    expect([patient.told.at(-1), patient.wishes]).toEqual([
      "change_script reload failed: it ended with exit code 3",
      [],
    ]);
    const strict = setUp(3);
    await strict.apply({ changeMode: "script", changeScript: script(true) });
    expect(strict.wishes).toMatchObject([{ type: "fail", error: { retryable: false } }]);
  });
});
