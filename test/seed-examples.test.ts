import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bed,
  callEngineOk,
  type PrivateEngine,
  pushImage,
  type Registry,
  redisContent,
  startPrivateEngine,
  startRegistry,
  until,
} from "./bed/index.ts";
import { type JsonEvent, startCommand, writeJob } from "./cli/command.ts";

/** The examples of the driver's first documentation, on an engine whose Docker Hub is a registry of ours. */
describe("the seed's example jobs", () => {
  let hub: Registry;
  let engine: PrivateEngine;

  beforeAll(async () => {
    hub = await startRegistry();
    await pushImage({ registry: hub.host, name: "library/redis", tag: "latest" }, await redisContent());
    await pushImage({ registry: hub.host, name: "library/busybox", tag: "latest" });
    engine = await startPrivateEngine({ registryMirrors: [`http://${hub.host}`] });
  }, 120_000);

  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await hub?.[Symbol.asyncDispose]();
  });

  /** Runs a job file until its task has started; hands its address and environment over, then stops it with Ctrl-C. */
  async function withRunning(file: string, use: (address: string, env: readonly string[]) => Promise<void>) {
    const run = await startCommand(bed().command, ["run", "--json", file], {
      env: { DOCKER_HOST: engine.endpoint },
    });
    try {
      const events = readEvents(run.child.stdout);
      const pulled = await until(
        events(),
        ({ type, detail }) => type === "task-event" && detail?.type === "pull-finished",
      );
      expect(pulled.detail?.sizeBytes).toBeGreaterThan(0);
      const { detail } = await until(events(), (event) => event.detail?.type === "started");
      const container = (await callEngineOk(
        engine.socket,
        "GET",
        `/containers/${detail?.containerId}/json`,
      )) as {
        Config: { Env: string[] };
      };
      await use(detail?.addresses?.[0] ?? "", container.Config.Env);
    } catch (cause) {
      run.child.kill("SIGINT");
      const { stdout, stderr } = await run.result;
      throw new Error(`${file} did not do what it should; it told:\n${stdout}${stderr}`, { cause });
    }
    run.child.kill("SIGINT");
    expect((await run.result).code).toBe(130);
    expect(await callEngineOk(engine.socket, "GET", "/containers/json?all=true")).toEqual([]);
  }

  it("a redis with a numeric dynamic port is pulled from Docker Hub and answers at the address it was given", async () => {
    await withRunning("examples/redis-2015.nomad.hcl", async (address, env) => {
      expect(await ask(address, "PING\r\n")).toBe("+PONG\r\n");
      expect(env).toContain(`NOMAD_PORT_6379=${address.split(":").at(-1)}`);
    });
  });

  it("the port may be a number as well as a string", async () => {
    const text = await readFile("examples/redis-2015.nomad.hcl", "utf8");
    const file = await writeJob(text.replace('["6379"]', "[6379]"));
    expect(await readFile(file, "utf8")).toContain("dynamic_ports = [6379]");
    await withRunning(file, async (address) => {
      expect(await ask(address, "PING\r\n")).toBe("+PONG\r\n");
    });
  });

  it("a named dynamic port is the same number on both sides, told by NOMAD_PORT_HTTP", async () => {
    const file = await writeJob(`job "web" {
  task "web" {
    driver = "docker"
    config {
      image   = "busybox"
      command = "httpd"
      args    = "-f -p \${NOMAD_PORT_HTTP} -h /www"
    }
    resources {
      cpu    = 500
      memory = 64
      network {
        mbits         = 10
        dynamic_ports = ["http"]
      }
    }
  }
}
`);
    await withRunning(file, async (address, env) => {
      expect(await ask(address, "GET / HTTP/1.0\r\n\r\n")).toContain("hello from busybox");
      expect(env).toContain(`NOMAD_PORT_HTTP=${address.split(":").at(-1)}`);
    });
  });
});

interface RunEvent extends JsonEvent {
  readonly detail?: {
    readonly type: string;
    readonly containerId?: string;
    readonly sizeBytes?: number;
    readonly addresses?: readonly string[];
  };
}

/** The lines of `run --json` as they come; each reader goes on where the one before stopped. */
function readEvents(stdout: NodeJS.ReadableStream): () => AsyncIterable<RunEvent> {
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return async function* () {
    for (let read = await lines.next(); !read.done; read = await lines.next()) yield JSON.parse(read.value);
  };
}

/** Sends a text and answers all that comes back until silence; asks again while nobody listens behind the port. */
async function ask(address: string, text: string): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  for (;;) {
    const socket = connect(Number(port), host);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
      // Redis keeps the connection open; a web server closes it itself.
      if (answer.startsWith("+")) socket.end();
    });
    socket.on("error", () => undefined);
    socket.write(text);
    await new Promise((resolve) => socket.on("close", resolve));
    if (answer !== "") return answer;
  }
}
