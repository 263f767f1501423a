import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { eachOf } from "./set-up.ts";

it("a slow reader slows the engine down instead of filling the memory", async () => {
  const frame = Buffer.alloc(16 * 1024, "x");
  frame.writeUInt32BE(0x01000000, 0);
  frame.writeUInt32BE(frame.length - 8, 4);
  let sentBytes = 0;
  // Sends log frames for as long as somebody takes them; the real engine would need a disk full of them.
  const server = createServer(async (incoming, response) => {
    response.writeHead(200, { "Api-Version": "1.41" });
    if (!incoming.url?.includes("/logs")) {
      response.end();
      return;
    }
    const closed = new Promise((resolve) => response.once("close", resolve));
    while (!response.destroyed) {
      sentBytes += frame.length;
      if (!response.write(frame)) await Promise.race([once(response, "drain"), closed]);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  await using engine = createEngine({ endpoint: `tcp://127.0.0.1:${port}` });
  const frames = eachOf(engine.containerLogs("x", { tty: false }))[Symbol.asyncIterator]();
  await frames.next();
  // Far more turns than it takes to fill what the kernel holds.
  for (let n = 0; n < 5000; n++) await new Promise((resolve) => setImmediate(resolve));
  const heldBytes = sentBytes;
  expect(heldBytes).toBeLessThan(16 * 1024 * 1024);
  for (let n = 0; n < 2 * (heldBytes / frame.length); n++) await frames.next();
  expect(sentBytes).toBeGreaterThan(heldBytes);
  await frames.return(undefined);
  server.closeAllConnections();
  server.close();
});
