import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import {
  bed,
  callEngine,
  callEngineOk,
  echoContent,
  importImage,
  redisContent,
  removeImage,
} from "./index.ts";

/** Runs an image with a container port mapped for TCP and UDP; answers the host ports. */
async function runImage(image: string, port: number) {
  const { socket, runLabel } = bed();
  const binding = [{ HostIp: "127.0.0.1", HostPort: "" }];
  const body = {
    Image: image,
    Labels: { [runLabel.key]: runLabel.value },
    ExposedPorts: { [`${port}/tcp`]: {}, [`${port}/udp`]: {} },
    HostConfig: { PortBindings: { [`${port}/tcp`]: binding, [`${port}/udp`]: binding } },
  };
  const { Id } = (await callEngineOk(socket, "POST", "/containers/create", { body })) as { Id: string };
  await callEngineOk(socket, "POST", `/containers/${Id}/start`);
  const { NetworkSettings } = (await callEngineOk(socket, "GET", `/containers/${Id}/json`)) as {
    NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
  };
  const hostPort = (protocol: string) => Number(NetworkSettings.Ports[`${port}/${protocol}`]?.[0]?.HostPort);
  return {
    tcp: hostPort("tcp"),
    udp: hostPort("udp"),
    async [Symbol.asyncDispose]() {
      await callEngine(socket, "DELETE", `/containers/${Id}?force=true`);
      await removeImage(socket, image);
    },
  };
}

/** Asks again until someone listens behind the engine's port. */
async function askTcp(port: number, text: string): Promise<string> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    try {
      socket.write(text);
      const [data] = await once(socket, "data", { signal: AbortSignal.timeout(1000) });
      return String(data);
    } catch {
      socket.destroy();
    } finally {
      socket.destroy();
    }
  }
}

it("the echo image answers over TCP and over UDP", async () => {
  const image = await importImage(
    bed().socket,
    { name: "longshore-test/echo", tag: bed().runId },
    await echoContent(),
  );
  await using server = await runImage(image, 7);
  expect(await askTcp(server.tcp, "hello\n")).toBe("tcp hello\n");
  const socket = createSocket("udp4");
  socket.send("hello", server.udp, "127.0.0.1");
  const [message] = await once(socket, "message");
  socket.close();
  expect(String(message)).toBe("udp hello");
});

it("the redis image answers a PING", async () => {
  const image = await importImage(
    bed().socket,
    { name: "longshore-test/redis", tag: bed().runId },
    await redisContent(),
  );
  await using server = await runImage(image, 6379);
  expect(await askTcp(server.tcp, "PING\r\n")).toBe("+PONG\r\n");
});
