import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { parseAgentOptions, toNodeAttributes } from "../../src/driver/index.ts";
import { findEndpoint } from "../../src/engine/index.ts";
import { bed, callEngine, until } from "../bed/index.ts";
import { startDriver } from "./driver-bed.ts";

/** The engine at an address of HTTP, as `docker.endpoint` may name it. */
async function serveHttp(): Promise<AsyncDisposable & { readonly endpoint: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(bed().socket);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.pipe(engine).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    endpoint: `tcp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe("docker.endpoint", () => {
  it("leads to an engine over HTTP", async () => {
    await using server = await serveHttp();
    const { endpoint: option } = parseAgentOptions({}, { "docker.endpoint": server.endpoint });
    const { endpoint } = findEndpoint({ option, uid: 0, env: {}, homeDir: "/nowhere", mode: "strict" });
    await using bench = startDriver({ endpoint });
    expect((await bench.run("echo over http")).stdout).toBe("over http\n");
  });

  it("is unix:///var/run/docker.sock by default", () => {
    const { endpoint } = findEndpoint({ uid: 0, env: {}, homeDir: "/nowhere", mode: "strict" });
    expect(endpoint).toBe("unix:///var/run/docker.sock");
  });
});

describe("docker.cleanup.container", () => {
  it.each(["true", "false"])("%s decides whether a destroyed task's container goes", async (value) => {
    const agentOptions = parseAgentOptions({}, { "docker.cleanup.container": value });
    await using bench = startDriver({ agentOptions });
    const { task } = await bench.run("true");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    await bench.driver.destroyTask(task.id);
    const { status } = await callEngine(bed().socket, "GET", `/containers/${container_id}/json`);
    expect(status).toBe(value === "true" ? 404 : 200);
    await callEngine(bed().socket, "DELETE", `/containers/${container_id}`);
  });

  it("that is no boolean is an error that names it", () => {
    for (const option of ["docker.cleanup.container", "docker.cleanup.image"]) {
      expect(() => parseAgentOptions({}, { [option]: "nope" })).toThrow(
        `docker driver options: ${option}: must be true or false, not "nope"`,
      );
    }
  });
});

describe("the client attributes", () => {
  it("tell the driver, the engine's version, runtimes and operating system", async () => {
    const agentOptions = parseAgentOptions({
      allow_privileged: true,
      volumes: { enabled: true },
      pids_limit: 7,
    });
    await using bench = startDriver({ agentOptions });
    const found = await until(bench.driver.fingerprint(), ({ health }) => health === "healthy");
    const { version } = await bench.engine.version();
    expect(found.attributes).toMatchObject({
      "driver.docker": true,
      "driver.docker.version": version,
      "driver.docker.runtimes": expect.stringContaining("runc"),
      "driver.docker.os_type": "linux",
      "driver.docker.privileged.enabled": true,
      "driver.docker.volumes.enabled": true,
      "driver.docker.pids.limit": 7,
    });
    expect(toNodeAttributes(found)).toMatchObject({ "driver.docker": "1", "driver.docker.version": version });
  });
});
