import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../src/engine/index.ts";
import { bed, startFaultProxy } from "../bed/index.ts";
import { collect, eachOf, openEngine, startContainer, toText } from "./set-up.ts";

describe("a container", () => {
  it("is made, started, inspected, listed, stopped and removed, each in one request", async () => {
    await using engine = openEngine();
    const { image, runLabel } = bed();
    const label = `longshore-test.lifecycle=${crypto.randomUUID()}`;
    const [key = "", value = ""] = label.split("=");
    const name = `longshore-test-engine-${crypto.randomUUID()}`;
    const { id, warnings } = await engine.createContainer(name, {
      Image: image,
      Cmd: ["sleep", "1000"],
      Labels: { [runLabel.key]: runLabel.value, [key]: value },
      HostConfig: { NetworkMode: "none" },
    });
    await engine.startContainer(id);
    const seen = await engine.inspectContainer(id);
    const listed = await engine.listContainers({ labels: [label] });
    await engine.stopContainer(id, { graceMs: 0 });
    const listedRunning = await engine.listContainers({ labels: [label] });
    const listedAll = await engine.listContainers({ all: true, labels: [label] });
    await engine.removeContainer(id);

    expect(warnings).toEqual([]);
    expect(seen).toMatchObject({ Id: id, Name: `/${name}`, State: { Running: true } });
    expect(parseTimestamp(seen.State.StartedAt)).toBeTypeOf("bigint");
    expect([listed, listedRunning, listedAll].map((list) => list.map(({ Id }) => Id))).toEqual([
      [id],
      [],
      [id],
    ]);
    expect(Object.fromEntries(engine.calls)).toEqual({
      "GET /_ping": 1,
      "POST /containers/create": 1,
      "POST /containers/{id}/start": 1,
      "GET /containers/{id}/json": 1,
      "GET /containers/json": 3,
      "POST /containers/{id}/stop": 1,
      "DELETE /containers/{id}": 1,
    });
  });

  it("that has started, stopped or gone already is fine to start, stop or remove again", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "sleep 1000");
    await engine.startContainer(container.id);
    await engine.stopContainer(container.id, { graceMs: 0 });
    await engine.stopContainer(container.id, { graceMs: 0 });
    await engine.stopContainer(container.id, { graceMs: 0, killSignal: "SIGINT" });
    await engine.removeContainer(container.id);
    await engine.removeContainer(container.id);
  });

  it("gets the stop's own signal and then its time to end", async () => {
    await using engine = openEngine();
    await using container = await startContainer(
      engine,
      "trap 'echo got USR1; exit 7' USR1; trap 'echo got TERM' TERM; echo ready; while :; do sleep 1000 & wait; done",
    );
    for await (const frame of eachOf(engine.containerLogs(container.id, { tty: false }))) {
      if (toText([frame]).includes("ready")) break;
    }
    await engine.stopContainer(container.id, { graceMs: 20_000, killSignal: "SIGUSR1" });
    expect((await engine.inspectContainer(container.id)).State).toMatchObject({
      Running: false,
      ExitCode: 7,
    });
    const output = toText(await collect(eachOf(engine.containerLogs(container.id, { tty: false }))));
    expect(output).toBe("ready\ngot USR1\n");
  });

  it("that ignores the stop's signal is killed when its time is over", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "trap '' INT; sleep 1000");
    await engine.stopContainer(container.id, { graceMs: 1, killSignal: "SIGINT" });
    expect((await engine.inspectContainer(container.id)).State).toMatchObject({
      Running: false,
      ExitCode: 137,
    });
  });

  it("gives a sample of its use", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "sleep 1000");
    const sample = await engine.containerStats(container.id);
    expect(sample.memory_stats.usage).toBeGreaterThan(0);
    expect(sample.cpu_stats.cpu_usage.total_usage).toBeGreaterThan(0);
  });

  it("that is unknown is not-found, with the engine's words", async () => {
    await using engine = openEngine();
    await expect(engine.inspectContainer("longshore-nonesuch")).rejects.toMatchObject({
      kind: "not-found",
      retryable: false,
      message: 'Cannot inspect container "longshore-nonesuch": No such container: longshore-nonesuch',
    });
  });

  it("of a name that is taken is a conflict", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "sleep 1000");
    const again = engine.createContainer(container.name, { Image: bed().image, HostConfig: {} });
    await expect(again).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("is already in use"),
    });
  });

  it("of a request that does not hold is invalid", async () => {
    await using engine = openEngine();
    const name = `longshore-test-engine-${crypto.randomUUID()}`;
    const made = engine.createContainer(name, { Image: bed().image, HostConfig: { Memory: 1 } });
    await expect(made).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("memory") });
  });
});

describe("logs", () => {
  it("come as frames of both streams, each with its own time", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "echo out; echo err >&2; printf unfinished");
    const frames = await collect(eachOf(engine.containerLogs(container.id, { tty: false })));
    const of = (stream: string) => toText(frames.filter((frame) => frame.stream === stream));
    expect(of("stdout")).toBe("out\nunfinished");
    expect(of("stderr")).toBe("err\n");
    const startedAt = parseTimestamp((await engine.inspectContainer(container.id)).State.StartedAt) ?? 0n;
    for (const { timeNs } of frames) {
      expect(timeNs).toBeTypeOf("bigint");
      expect((timeNs ?? 0n) - startedAt).toBeGreaterThan(-60_000_000_000n);
    }
  });

  it("go on after the frame that is named", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "for n in 1 2 3; do echo $n; sleep 0.01; done");
    const all = await collect(eachOf(engine.containerLogs(container.id, { tty: false })));
    const rest = await collect(
      eachOf(engine.containerLogs(container.id, { tty: false, from: all[0]?.place })),
    );
    expect(toText(rest)).toBe("2\n3\n");
  });

  it("of a terminal are one stream of timed lines", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "echo out; echo err >&2", { Tty: true });
    const frames = await collect(eachOf(engine.containerLogs(container.id, { tty: true })));
    expect(toText(frames)).toBe("out\r\nerr\r\n");
    expect(frames.every(({ stream, timeNs }) => stream === "stdout" && timeNs !== undefined)).toBe(true);
  });

  it("of megabytes arrive whole while the reader is slow", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "seq 1 100000");
    let bytes = 0;
    let last = "";
    for await (const { data } of eachOf(engine.containerLogs(container.id, { tty: false }))) {
      bytes += data.length;
      last = Buffer.from(data).toString();
      if (bytes % 1000 < 7) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bytes).toBe(588_895);
    expect(last).toBe("100000\n");
  });

  it("are read to their end although the engine ends the stream too early", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "for n in 1 2 3 4; do echo $n; done; exit 0");
    const all = await collect(eachOf(engine.containerLogs(container.id, { tty: false })));
    const toFrame = (n: number) => {
      const { timeNs = 0n, data = Buffer.alloc(0) } = all[n] ?? {};
      const time = new Date(Number(timeNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
      const fraction = (timeNs % 1_000_000_000n).toString().padStart(9, "0");
      const text = `${time}.${fraction}Z ${Buffer.from(data).toString()}`;
      return `\x01\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;
    };
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using broken = openEngine({ endpoint: proxy.endpoint });
    const bodies = ["", toFrame(0) + toFrame(1)];
    proxy.rule((_method, path) => {
      const body = path.endsWith("/logs") ? bodies.shift() : undefined;
      return body === undefined ? "pass" : { status: 200, body };
    });
    expect(toText(await collect(eachOf(broken.containerLogs(container.id, { tty: false }))))).toBe(
      "1\n2\n3\n4\n",
    );
  });

  it("of a driver that keeps none cannot be read, for good", async () => {
    await using engine = openEngine();
    const HostConfig = { NetworkMode: "none", LogConfig: { Type: "none", Config: {} } };
    await using container = await startContainer(engine, "sleep 1000", { HostConfig });
    await expect(collect(eachOf(engine.containerLogs(container.id, { tty: false })))).rejects.toMatchObject({
      kind: "invalid",
      retryable: false,
      message: expect.stringContaining("does not support reading"),
    });
  });

  it("of a hundred containers at once do not keep other calls from being answered", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "echo ready; sleep 1000");
    const controller = new AbortController();
    const { signal } = controller;
    const streams = Array.from({ length: 100 }, () =>
      eachOf(engine.containerLogs(container.id, { tty: false, signal }))[Symbol.asyncIterator](),
    );
    const firsts = await Promise.all(streams.map((stream) => stream.next()));
    expect(firsts.every(({ done }) => done === false)).toBe(true);
    expect((await engine.inspectContainer(container.id)).State.Running).toBe(true);
    const ends = streams.map((stream) => stream.next());
    controller.abort();
    for (const end of ends) await expect(end).rejects.toMatchObject({ kind: "canceled" });
  });
});
