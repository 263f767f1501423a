import { once } from "node:events";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { createConnection } from "node:net";
import { join } from "node:path";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bed } from "../bed/index.ts";
import { type FuzzedMessage, fuzzMessage, listMethods, toConfigMethod } from "./fuzzed-messages.ts";
import { spawnPlugin } from "./host.ts";
import { configure, openSession, type Session } from "./session.ts";
import { makeWireTask } from "./tasks.ts";

/** `WIRE_MESSAGES=100000 npm run test:wire` for the long run. */
const messages = Number(process.env.WIRE_MESSAGES ?? 2000);
const firstSeed = Number(process.env.WIRE_SEED ?? 1);
const atOnce = 50;

describe("a hostile host", () => {
  const program = bed().plugin;
  let session: Session;
  let address = "";
  // An engine that refuses everything: nothing that a spoilt message starts may come to life.
  const engine = createServer((_request, response) => response.writeHead(403).end('{"message":"no"}'));
  let endpoint = "";
  beforeAll(async () => {
    const socket = join(await mkdtemp(join(bed().folder, "engine-")), "docker.sock");
    endpoint = `unix://${socket}`;
    await once(engine.listen(socket), "listening");
  });
  afterAll(() => void engine.close());
  beforeEach(async () => {
    session = await openSession(program, { config: { endpoint } });
    address = session.plugin.handshake[3] ?? "";
  });
  afterEach(async () => {
    const errors = session.plugin.log().filter((line) => line["@level"] === "error");
    await session[Symbol.asyncDispose]();
    expect(errors).toEqual([]);
  });

  async function expectAlive(): Promise<void> {
    expect(session.plugin.child.exitCode).toBeNull();
    expect(await session.host.base.pluginInfo({})).toMatchObject({ name: "docker" });
    await expect(session.driver.inspectTask({ taskId: "x" })).rejects.toThrow("task not found for given id");
  }

  it(`answers each of ${messages} spoilt messages, and lives`, async () => {
    const { config } = await makeWireTask("true", { unread: true });
    const methods = listMethods(config);
    const client = new Client(`unix:${address}`, credentials.createInsecure());
    const codes = new Map<number, number>();
    let next = firstSeed;
    const work = async () => {
      while (next < firstSeed + messages) {
        const seed = next++;
        const message = fuzzMessage(seed, methods);
        const code = await send(client, message);
        if (isNoAnswer(code)) throw new Error(`seed ${seed}: ${message.path} has no answer: ${status[code]}`);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    client.close();
    await expectAlive();
    // Some pass, some are no messages, some name no task; none finds the plugin at a loss.
    for (const code of [status.OK, status.INTERNAL, status.NOT_FOUND])
      expect(codes.get(code)).toBeGreaterThan(0);
    const memory = await readFile(`/proc/${session.plugin.pid}/status`, "utf8");
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(memory)?.[1])).toBeLessThan(300_000);
  }, 600_000);

  it("answers spoilt configurations, and takes a good one after them", async () => {
    const config = {
      endpoint,
      gc: { image: false, image_delay: "1m", dangling_containers: { enabled: false } },
      extra_labels: ["job_*"],
      logging: { type: null, config: [{ "max-file": "2" }] },
      pids_limit: 7,
    };
    // What no configuration is left of leads to the same engine.
    await using lone = await openSession(program, { env: { DOCKER_HOST: endpoint }, config });
    const methods = [toConfigMethod(config)];
    const client = new Client(`unix:${lone.plugin.handshake[3]}`, credentials.createInsecure());
    const codes = new Set<number>();
    for (let seed = firstSeed; seed < firstSeed + messages / 10; seed++) {
      const code = await send(client, fuzzMessage(seed, methods));
      if (isNoAnswer(code)) throw new Error(`seed ${seed}: the configuration has no answer: ${status[code]}`);
      codes.add(code);
    }
    expect([...codes].sort()).toEqual([status.OK, status.INTERNAL, status.INVALID_ARGUMENT].sort());
    await configure(lone.host, config);
    expect((await lone.driver.capabilities({})).capabilities?.exec).toBe(true);
    await expect(lone.driver.inspectTask({ taskId: "x" })).rejects.toThrow("task not found for given id");
    client.close();
  }, 600_000);

  it("takes a message far above gRPC's usual limit, and none of gigabytes", async () => {
    const { config } = await makeWireTask("true", { unread: true });
    const env = new Map([["LONG", "x".repeat(8 * 1024 * 1024)]]);
    await expect(session.driver.startTask({ task: { ...config, env } })).rejects.toThrow(
      "FAILED_PRECONDITION",
    );
    const claimed = await rawCall(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    expect(claimed).toBe(String(status.RESOURCE_EXHAUSTED));
    await expectAlive();
  });

  it.each([
    ["a compressed message without saying how", [1, 0, 0, 0, 1, 0]],
    ["half a message's head", [0, 0]],
    ["less than it announced", [0, 0, 0, 0, 9, 1]],
    ["two messages where one is due", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])("answers a call with %s", async (_what, bytes) => {
    expect(await rawCall(Buffer.from(bytes))).not.toBe(undefined);
    await expectAlive();
  });

  it("lets connections go that speak something else, or nothing, and come in numbers", async () => {
    const sockets = Array.from({ length: 200 }, () => createConnection(address));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    for (const [index, socket] of sockets.entries()) {
      socket.on("error", () => undefined);
      if (index % 3 === 0) socket.write("GET / HTTP/1.1\r\n\r\n");
      else if (index % 3 === 1) socket.write(Buffer.alloc(5000, index));
    }
    for (const socket of sockets) socket.destroy();
    await expectAlive();
  });

  it("ends the streams of a host that vanishes in the middle of them, and then itself", async () => {
    await using lone = await spawnPlugin(program, { env: { LONGSHORE_PLUGIN_ALONE: "500ms" } });
    const other = connectHttp2("http://localhost", {
      createConnection: () => createConnection(lone.handshake[3] ?? ""),
    });
    const service = "/hashicorp.nomad.plugins.base.proto.BasePlugin";
    const configured = openCall(other, `${service}/SetConfig`);
    configured.end(Buffer.alloc(5));
    await once(configured, "response");
    for (const method of ["TaskEvents", "Fingerprint"]) {
      const stream = openCall(other, `/hashicorp.nomad.plugins.drivers.proto.Driver/${method}`);
      stream.on("error", () => undefined);
      stream.end(Buffer.alloc(5));
      if (method === "Fingerprint") await once(stream, "response");
    }
    expect(lone.child.exitCode).toBeNull();
    other.destroy();
    expect(await lone.ended).toBe(0);
  });

  it("waits for a host that does not read what it asked for", async () => {
    const slow = connectHttp2("http://localhost", {
      createConnection: () => createConnection(address),
      settings: { initialWindowSize: 16 },
    });
    const streams = Array.from({ length: 50 }, () => {
      const stream = openCall(slow, "/hashicorp.nomad.plugins.drivers.proto.Driver/TaskConfigSchema");
      stream.end(Buffer.alloc(5));
      return stream;
    });
    await once(streams.at(-1) ?? slow, "response");
    await expectAlive();
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    slow.destroy();
    await expectAlive();
  });

  /** Sends bytes as a call's body; answers its gRPC status, or the stream's error code. */
  async function rawCall(body: Buffer): Promise<string> {
    const connection = connectHttp2("http://localhost", {
      createConnection: () => createConnection(address),
    });
    try {
      const stream = openCall(connection, "/hashicorp.nomad.plugins.base.proto.BasePlugin/PluginInfo");
      let answer: string | undefined;
      const note = (headers: Readonly<Record<string, unknown>>) => {
        if (headers["grpc-status"] !== undefined) answer = String(headers["grpc-status"]);
      };
      stream
        .on("response", note)
        .on("trailers", note)
        .on("error", () => undefined);
      stream.resume();
      stream.end(body);
      await once(stream, "close");
      return answer ?? `closed with ${stream.rstCode}`;
    } finally {
      connection.destroy();
    }
  }
});

function openCall(connection: ClientHttp2Session, path: string) {
  const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
  return connection.request(head);
}

/** What a client makes up when the other side says nothing that it understands. */
function isNoAnswer(code: number): boolean {
  return code === status.DEADLINE_EXCEEDED || code === status.UNAVAILABLE || code === status.UNKNOWN;
}

const asIs = (bytes: Buffer) => bytes;

/** Calls with a message as it is; answers the status. A stream that goes well is left after its first message. */
async function send(client: Client, { path, isStream, bytes }: FuzzedMessage): Promise<number> {
  const deadline = Date.now() + 30_000;
  const body = Buffer.from(bytes);
  return await new Promise((resolve) => {
    const done = (error: ServiceError | null) => resolve(error?.code ?? status.OK);
    if (!isStream) {
      client.makeUnaryRequest(path, asIs, asIs, body, { deadline }, done);
      return;
    }
    const stream = client.makeBidiStreamRequest(path, asIs, asIs, { deadline });
    stream.on("data", () => {
      stream.cancel();
      resolve(status.OK);
    });
    stream.on("error", (error: ServiceError) => resolve(error.code));
    stream.on("end", () => resolve(status.OK));
    stream.write(body);
    stream.end();
    // Some have nothing to say for as long as all is well.
    if (/Watch|Fingerprint|TaskEvents|StartStream|StreamStdio/.test(path))
      setTimeout(() => stream.cancel(), 20);
  });
}
