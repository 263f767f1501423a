import { expect, it } from "vitest";
import { LongshoreError } from "../../task/index.ts";
import { SharedWork } from "./shared-work.ts";

interface Step {
  readonly type: string;
  readonly n?: number;
}

function setUp() {
  const work = new SharedWork<string, Step>();
  const begun: { signal: AbortSignal; emit: (step: Step) => void; finish: (text: string) => void }[] = [];
  const begin = (signal: AbortSignal, emit: (step: Step) => void) =>
    new Promise<string>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new LongshoreError("canceled", "work")));
      begun.push({ signal, emit, finish: resolve });
      emit({ type: "started" });
    });
  const toTimeout = () => new LongshoreError("timeout", "too slow");
  const join = (options: { signal?: AbortSignal; timeoutMs?: number; heard?: Step[] } = {}) =>
    work.join(
      "key",
      { what: "wait", toTimeout, ...options, onEvent: (step) => options.heard?.push(step) },
      begin,
    );
  return { work, begun, join };
}

it("work is done once for all who wait, and done again for who comes later", async () => {
  const { begun, join } = setUp();
  const all = [join(), join(), join()];
  begun[0]?.finish("done");
  expect(await Promise.all(all)).toEqual(["done", "done", "done"]);
  const later = join();
  begun[1]?.finish("again");
  expect(await later).toBe("again");
  expect(begun.length).toBe(2);
});

it("who comes while the work goes on hears its beginning and its newest step", async () => {
  const { begun, join } = setUp();
  const [early, late]: [Step[], Step[]] = [[], []];
  const first = join({ heard: early });
  begun[0]?.emit({ type: "step", n: 1 });
  begun[0]?.emit({ type: "step", n: 2 });
  const second = join({ heard: late });
  begun[0]?.emit({ type: "step", n: 3 });
  begun[0]?.finish("done");
  await Promise.all([first, second]);
  expect(early.map(({ type, n }) => [type, n])).toEqual([
    ["started", undefined],
    ["step", 1],
    ["step", 2],
    ["step", 3],
  ]);
  expect(late.map(({ type, n }) => [type, n])).toEqual([
    ["started", undefined],
    ["step", 2],
    ["step", 3],
  ]);
});

it("one who gives up leaves the others be, and the last one to leave cancels the work", async () => {
  const { begun, join } = setUp();
  const [one, two] = [new AbortController(), new AbortController()];
  const waits = [join({ signal: one.signal }), join({ signal: two.signal })];
  one.abort();
  await expect(waits[0]).rejects.toMatchObject({ kind: "canceled" });
  expect(begun[0]?.signal.aborted).toBe(false);
  two.abort();
  await expect(waits[1]).rejects.toMatchObject({ kind: "canceled" });
  expect(begun[0]?.signal.aborted).toBe(true);
});

it("who comes after the last one left begins anew", async () => {
  const { begun, join } = setUp();
  const controller = new AbortController();
  const gone = join({ signal: controller.signal });
  controller.abort();
  await expect(gone).rejects.toMatchObject({ kind: "canceled" });
  const next = join();
  begun[1]?.finish("done");
  expect(await next).toBe("done");
});

it("each waits as long as it wants to", async () => {
  const { begun, join } = setUp();
  const patient = join();
  await expect(join({ timeoutMs: 1 })).rejects.toMatchObject({ kind: "timeout" });
  begun[0]?.finish("done");
  expect(await patient).toBe("done");
});

it("all hear of a failure, and closing ends all work", async () => {
  const { work, join } = setUp();
  const waits = [join(), join()];
  work.cancel();
  for (const wait of waits) await expect(wait).rejects.toMatchObject({ kind: "canceled" });
});
