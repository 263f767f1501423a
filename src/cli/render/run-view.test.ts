import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { AgentEventDetail, RunEvent, TaskOutcome } from "../../agent/agent.ts";
import type { Job, TaskGroup } from "../../jobfile/job.ts";
import { LongshoreError, type TaskEventDetail } from "../../task/index.ts";
import { createColors } from "./colors.ts";
import { toProgressLine } from "./progress-line.ts";
import { RunView } from "./run-view.ts";
import { Screen } from "./screen.ts";

class Captured extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  text = "";

  constructor(isTTY: boolean, columns: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

const at = new Date(2026, 0, 2, 3, 4, 5);

function toJob(tasks: readonly string[], count = 1): Job {
  const group = { name: "g", count, tasks: tasks.map((name) => ({ name })) };
  return { id: "hello", name: "hello", groups: [group as unknown as TaskGroup] } as unknown as Job;
}

function toRef(task: string, allocIndex = 0): TaskOutcome["task"] {
  return { allocId: `alloc${allocIndex}`, allocName: `hello.g[${allocIndex}]`, group: "g", allocIndex, task };
}

function setUp(options: {
  job: Job;
  outTty?: boolean;
  errTty?: boolean;
  columns?: number;
  prefix?: boolean;
}) {
  const out = new Captured(options.outTty ?? false, options.columns ?? 80);
  const err = new Captured(options.errTty ?? false, options.columns ?? 80);
  let now = 0;
  const view = new RunView({
    job: options.job,
    screen: new Screen(out, err),
    outputColors: createColors(false),
    noteColors: createColors(false),
    outputIsTty: out.isTTY,
    prefix: options.prefix ?? true,
    now: () => (now += 1000),
  });
  const log = (task: string, text: string, stream: "stdout" | "stderr" = "stdout"): RunEvent => ({
    type: "log",
    at,
    task: toRef(task),
    stream,
    data: Buffer.from(text),
  });
  const tell = (task: string, message: string, detail: TaskEventDetail | AgentEventDetail): RunEvent => ({
    type: "task-event",
    at,
    task: toRef(task),
    message,
    detail,
  });
  return { out, err, view, log, tell };
}

const progress = {
  image: "redis:7",
  receivedBytes: 5_000_000,
  totalBytes: 10_000_000,
  bytesPerSecond: 1_000_000,
  secondsLeft: 5,
  layersDone: 0,
  layersTotal: 1,
};

function outcomeOf(task: string, rest: Partial<TaskOutcome> = {}): TaskOutcome {
  const exit = { exitCode: 0, signal: 0, oomKilled: false };
  return {
    task: toRef(task),
    state: "complete",
    exit,
    error: undefined,
    restarts: 0,
    runTimeMs: 3210,
    ...rest,
  };
}

describe("RunView", () => {
  it("puts output on stdout, each line behind its task's name, and the rest on stderr", async () => {
    const { out, err, view, log, tell } = setUp({ job: toJob(["web", "worker"]) });
    await view.show({ type: "job-started", at, jobId: "hello", allocations: 1, tasks: 2, resumed: false });
    await view.show(tell("web", "Started.", { type: "started", containerId: "c", addresses: [] }));
    await view.show(log("web", "one\ntw"));
    await view.show(log("worker", "other\n", "stderr"));
    await view.show(log("web", "o\nrest"));
    view.flush();
    expect(out.text).toBe("web    | one\nworker | other\nweb    | two\nweb    | rest\n");
    expect(err.text).toBe("03:04:05 Job hello starts: 2 tasks\n03:04:05 web    Started.\n");
  });

  it("passes the bytes of a task that is alone through as they are", async () => {
    const { out, view } = setUp({ job: toJob(["web"]), prefix: false });
    const chunks: Buffer[] = [];
    out._write = (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    };
    const data = Uint8Array.of(0xff, 0x00, 0x0d, 0x0a, 0x61);
    await view.show({ type: "log", at, task: toRef("web"), stream: "stdout", data });
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(data));
  });

  it("writes a task's unfinished line when the task ends", async () => {
    const { out, view, log, tell } = setUp({ job: toJob(["web", "worker"]) });
    const exit = { exitCode: 0, signal: 0, oomKilled: false };
    await view.show(log("web", "no end"));
    expect(out.text).toBe("");
    await view.show(tell("web", "Ended with exit code 0.", { type: "exited", exit }));
    expect(out.text).toBe("web    | no end\n");
  });

  it("tells start and end of a pull once, for all tasks that wait, where there is no terminal", async () => {
    const { err, view, tell } = setUp({ job: toJob(["web", "worker"]) });
    for (const task of ["web", "worker"]) {
      await view.show(tell(task, "Pulling redis:7", { type: "pull-started", image: "redis:7" }));
      await view.show(tell(task, "half", { type: "pull-progress", progress }));
    }
    for (const task of ["web", "worker"]) {
      const detail = { type: "pull-finished", image: "redis:7", sizeBytes: 1, durationMs: 2 } as const;
      await view.show(tell(task, "Pulled redis:7", detail));
    }
    expect(err.text).toBe("03:04:05 web    Pulling redis:7\n03:04:05 web    Pulled redis:7\n");
  });

  it("draws one progress line on a terminal, below everything else, and clears it at the end", async () => {
    const { out, err, view, log, tell } = setUp({
      job: toJob(["web", "worker"]),
      outTty: true,
      errTty: true,
    });
    await view.show(tell("web", "Pulling redis:7", { type: "pull-started", image: "redis:7" }));
    await view.show(tell("worker", "Pulling redis:7", { type: "pull-started", image: "redis:7" }));
    await view.show(tell("web", "half", { type: "pull-progress", progress }));
    const line = toProgressLine(progress, 79);
    expect(err.text.endsWith(`${line}\n`)).toBe(true);
    await view.show(log("worker", "hi\n"));
    expect(out.text).toBe("worker | hi\n");
    expect(err.text.endsWith(`\u001b[1A\r\u001b[0J${line}\n`)).toBe(true);
    const detail = { type: "pull-finished", image: "redis:7", sizeBytes: 1, durationMs: 2 } as const;
    await view.show(tell("web", "Pulled redis:7", detail));
    expect(err.text.endsWith("\u001b[1A\r\u001b[0J03:04:05 web    Pulled redis:7\n")).toBe(true);
  });

  it("drops the progress line of a pull that failed, and shows the hint on its own line", async () => {
    const { err, view, tell } = setUp({ job: toJob(["web"]), errTty: true });
    await view.show(tell("web", "half", { type: "pull-progress", progress }));
    const error = new LongshoreError("not-found", "no such image", { hint: "Look at the name." });
    await view.show(tell("web", "Could not pull.", { type: "failed", error }));
    expect(err.text).toMatch(/03:04:05 web Could not pull\.\n {9}hint: Look at the name\.\n$/);
  });

  it("closes with a table and a sentence", async () => {
    const { err, view } = setUp({ job: toJob(["server", "client"]) });
    const failed = outcomeOf("client", {
      state: "failed",
      exit: { exitCode: 3, signal: 0, oomKilled: false },
      restarts: 2,
      runTimeMs: 125_000,
    });
    const tasks = [outcomeOf("server", { state: "stopped" }), failed];
    await view.show({ type: "job-finished", at, outcome: { state: "failed", failedTask: failed, tasks } });
    expect(err.text).toMatchInlineSnapshot(`
      "
      TASK    STATE    EXIT  RESTARTS  RUN TIME
      server  stopped     0         0      3.2s
      client  failed      3         2     2m05s

      Job hello failed after 0ms: task client ended with exit code 3.
      "
    `);
  });

  it("fits its table into 40 columns", async () => {
    const { err, view } = setUp({ job: toJob(["a-task-with-a-long-name"], 2), errTty: true, columns: 40 });
    const name = "a-task-with-a-long-name";
    const tasks = [
      outcomeOf(name, { state: "never-started", exit: undefined }),
      outcomeOf(name, { task: toRef(name, 1), exit: { exitCode: 137, signal: 9, oomKilled: true } }),
    ];
    await view.show({
      type: "job-finished",
      at,
      outcome: { state: "failed", failedTask: tasks[1], tasks },
    });
    expect(err.text).toMatchInlineSnapshot(`
      "
      TASK           STATE       EXIT RST TIME
      a-task-wi…e[0] not started    -   0    -
      a-task-wi…e[1] complete     137   0 3.2s

      Job hello failed after 0ms: task
      a-task-with-a-long-name[1] was killed
      because it used more memory than its
      limit.
      "
    `);
    for (const line of err.text.split("\n")) expect(line.length).toBeLessThanOrEqual(40);
  });
});
