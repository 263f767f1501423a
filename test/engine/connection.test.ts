import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEngine, type Engine } from "../../src/engine/index.ts";
import { bed, deferred, freePort, startFaultProxy } from "../bed/index.ts";
import { collect, eachOf, errorOf, openEngine, startContainer } from "./set-up.ts";

describe("an engine that is not there", () => {
  it.each([
    ["a socket that does not exist", () => "unix:///no/such/docker.sock", "there is no such socket"],
    [
      "a port where nothing listens",
      async () => `tcp://127.0.0.1:${await freePort()}`,
      "nothing listens there",
    ],
  ])("is told as unavailable, with how to start one: %s", async (_what, toEndpoint, why) => {
    const endpoint = await toEndpoint();
    await using engine = createEngine({ endpoint });
    expect(await errorOf(engine.ping())).toMatchObject({
      kind: "unavailable",
      retryable: true,
      message: `Cannot reach Docker at ${endpoint}: ${why}`,
      hint: expect.stringContaining("systemctl start docker"),
    });
  });

  it("is told as a missing permission where the socket may not be used", async ({ skip }) => {
    const uid = process.getuid?.();
    // Root may use every socket; a test that is root becomes somebody else for the one call.
    if (uid === undefined || process.seteuid === undefined) skip();
    const path = join(bed().folder, `closed-${crypto.randomUUID()}.sock`);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await chmod(path, 0o600);
    await chmod(bed().folder, 0o711);
    await using engine = createEngine({ endpoint: `unix://${path}` });
    try {
      if (uid === 0) process.seteuid?.(65534);
      expect(await errorOf(engine.ping())).toMatchObject({
        kind: "unauthorized",
        retryable: false,
        hint: expect.stringContaining("usermod -aG docker"),
      });
    } finally {
      if (uid === 0) process.seteuid?.(0);
      server.close();
      await rm(path, { force: true });
    }
  });

  it("is told when what answers is no engine", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    await using engine = createEngine({ endpoint: `tcp://127.0.0.1:${port}` });
    expect(await errorOf(engine.ping())).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("does not speak HTTP"),
    });
    server.close();
  });
});

describe("an engine that goes away", () => {
  it("fails the call under way as unavailable, and the next call finds it again", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    proxy.rule((method, path) => (method === "POST" && path === "/containers/create" ? "cut" : "pass"));
    const lost = engine.createContainer("longshore-test-cut", { Image: bed().image, HostConfig: {} });
    expect(await errorOf(lost)).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("the engine closed the connection"),
    });
    await proxy.refuse("missing");
    expect(await errorOf(engine.ping())).toMatchObject({ kind: "unavailable" });
    await proxy.refuse(false);
    proxy.rule(undefined);
    await engine.ping();
    expect(engine.calls.get("POST /containers/create")).toBe(1);
  });

  it("is asked for its version again, since another may have come", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    await engine.version();
    await engine.version();
    expect(engine.calls.get("GET /version")).toBe(1);
    await proxy.refuse(true);
    await errorOf(engine.info());
    await proxy.refuse(false);
    await engine.version();
    expect(engine.calls.get("GET /version")).toBe(2);
  });

  it("between two calls is not noticed by one that only reads", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    await engine.ping();
    proxy.cut();
    await engine.info();
  });
});

describe("a call", () => {
  it("costs one request, the version being agreed on once for all that begin together", async () => {
    await using engine = openEngine();
    await Promise.all(Array.from({ length: 20 }, () => engine.info()));
    expect(Object.fromEntries(engine.calls)).toEqual({ "GET /_ping": 1, "GET /info": 20 });
    expect(await engine.version()).toMatchObject({
      os: "linux",
      apiVersion: expect.stringMatching(/^1\.\d+$/),
    });
  });

  it("waits for a connection where the engine's socket takes only a few at once", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket, backlog: 2 });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    await engine.ping();
    await Promise.all(Array.from({ length: 30 }, () => engine.info()));
    expect(engine.calls.get("GET /info")).toBe(30);
  });

  it("that the engine never answers ends with a timeout", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint, callTimeoutMs: 200 });
    proxy.rule((_method, path) => (path === "/info" ? "hang" : "pass"));
    expect(await errorOf(engine.info())).toMatchObject({
      kind: "timeout",
      retryable: true,
      message: expect.stringContaining("did not answer within 0.2 s"),
    });
  });

  it.each([
    ["events", (engine: Engine) => collect(engine.events({}))],
    ["logs", (engine: Engine) => collect(eachOf(engine.containerLogs("x", { tty: false })))],
    ["a command", (engine: Engine) => engine.startExec("x", { tty: false, stdin: false })],
  ])("that opens %s ends with a timeout too, when nothing opens", async (_what, open) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint, callTimeoutMs: 200 });
    proxy.rule((_method, path) => (path === "/_ping" ? "pass" : "hang"));
    expect(await errorOf(open(engine))).toMatchObject({ kind: "timeout" });
  });

  it("ends as canceled when its signal aborts, before and during", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    expect(await errorOf(engine.info({ signal: AbortSignal.abort() }))).toMatchObject({ kind: "canceled" });
    proxy.rule((_method, path) => (path === "/info" ? "hang" : "pass"));
    const controller = new AbortController();
    const call = errorOf(engine.info({ signal: controller.signal }));
    await proxy.seen("GET", "/info");
    controller.abort(new Error("enough"));
    expect(await call).toMatchObject({ kind: "canceled", retryable: false, cause: { message: "enough" } });
  });

  it("leaves nothing on a signal that outlives it", async () => {
    await using engine = openEngine();
    const { signal } = new AbortController();
    const added = new Map<unknown, number>();
    const count = (by: number) => (_type: string, listener: unknown) =>
      void added.set(listener, (added.get(listener) ?? 0) + by);
    const { addEventListener: add, removeEventListener: remove } = signal;
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      count(1)(args[0], args[1]);
      add.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      count(-1)(args[0], args[1]);
      remove.apply(signal, args);
    };
    await engine.info({ signal });
    await errorOf(engine.inspectContainer("longshore-nonesuch", { signal }));
    expect(added.size).toBeGreaterThan(0);
    expect([...added.values()].every((left) => left <= 0)).toBe(true);
  });

  it("is canceled when the client is closed, by disposal or by its own signal", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const bothAsked = deferred();
    proxy.rule((_method, path, { count }) => {
      if (path !== "/info") return "pass";
      if (count === 2) bothAsked.resolve();
      return "hang";
    });
    const controller = new AbortController();
    const disposed = createEngine({ endpoint: proxy.endpoint });
    const aborted = createEngine({ endpoint: proxy.endpoint, signal: controller.signal });
    const calls = [disposed, aborted].map((engine) => errorOf(engine.info()));
    await bothAsked.promise;
    await disposed[Symbol.asyncDispose]();
    controller.abort();
    for (const call of calls) expect(await call).toMatchObject({ kind: "canceled" });
  });

  it("keeps an answer that is no JSON, or enormous, within bounds", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    proxy.rule((_method, path) =>
      path === "/info" ? { status: 500, body: "x".repeat(10_000_000) } : { status: 200, body: "<html>" },
    );
    const info = (await errorOf(engine.info())) as Error;
    expect(info).toMatchObject({ kind: "unavailable" });
    proxy.rule((_method, path) =>
      path === "/info" ? { status: 500, body: "x".repeat(10_000_000) } : "pass",
    );
    const huge = (await errorOf(engine.info())) as Error;
    expect(huge).toMatchObject({ kind: "internal" });
    expect(huge.message.length).toBeLessThan(700);
  });

  it.each([
    [400, "invalid"],
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "not-found"],
    [409, "conflict"],
    [429, "unavailable"],
    [500, "internal"],
    [503, "unavailable"],
  ] as const)("that is answered with %i is %s, in the engine's words", async (status, kind) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    proxy.rule((_method, path) => (path === "/info" ? { status, body: { message: "because" } } : "pass"));
    expect(await errorOf(engine.info())).toMatchObject({
      kind,
      message: "Cannot ask the engine about itself: because",
    });
  });
});

describe("events", () => {
  it("come with their exact time, and what happens after the opening is seen", async () => {
    await using engine = openEngine();
    await using container = await startContainer(engine, "sleep 1000");
    const opened = deferred();
    const filters = { container: [container.id] };
    const stream = engine.events({ filters, onOpen: () => opened.resolve() });
    const seen = (async () => {
      const actions: string[] = [];
      for await (const event of stream) {
        // Of the millisecond before the opening.
        if (event.Action === "start") continue;
        actions.push(event.Action);
        expect(event.Actor.ID).toBe(container.id);
        expect(event.timeNs % 1_000_000_000n).not.toBe(0n);
        if (event.Action === "die") return { actions, code: event.Actor.Attributes.exitCode };
      }
      return undefined;
    })();
    await opened.promise;
    await engine.killContainer(container.id, "SIGKILL");
    expect(await seen).toEqual({ actions: ["kill", "die"], code: "137" });
  });

  it("of the past are told from the instant asked for", async () => {
    await using engine = openEngine();
    const sinceNs = BigInt(Date.now()) * 1_000_000n - 1_000_000n;
    await using container = await startContainer(engine, "true");
    for await (const event of engine.events({ sinceNs, filters: { container: [container.id] } })) {
      if (event.Action === "die") break;
    }
  });

  it("end with unavailable when the connection breaks, and canceled when the signal aborts", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = createEngine({ endpoint: proxy.endpoint });
    const controller = new AbortController();
    const filters = { label: [`longshore-test.none=${crypto.randomUUID()}`] };
    const aborted = errorOf(collect(engine.events({ filters, signal: controller.signal })));
    await proxy.seen("GET", "/events");
    controller.abort();
    expect(await aborted).toMatchObject({ kind: "canceled" });
    const broken = errorOf(
      collect(engine.events({ filters, onOpen: () => setImmediate(() => proxy.cut()) })),
    );
    expect(await broken).toMatchObject({ kind: "unavailable" });
  });
});
