import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPortAllocator, isPortFree } from "./port-allocator.ts";
import { describePortHolder, findPortHolder, parseBoundSockets } from "./port-holder.ts";

const address = "127.0.0.1";
const range = { min: 20_000, max: 32_000 };

describe("the port allocator", () => {
  test("no port is handed out twice, whatever is taken and given back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant("take"), fc.nat(9)), { maxLength: 60 }),
        fc.uniqueArray(fc.integer({ min: 100, max: 120 })),
        async (steps, taken) => {
          const small = { min: 100, max: 120 };
          const ports = createPortAllocator({
            range: small,
            random: Math.random,
            isFree: async (port) => !taken.includes(port),
          });
          const held: number[] = [];
          for (const step of steps) {
            if (typeof step === "number") {
              const [port] = held.splice(step % Math.max(1, held.length), 1);
              if (port !== undefined) ports.release(port);
            } else if (held.length + taken.length < 21) {
              const port = await ports.take(address, "x");
              expect(held).not.toContain(port);
              expect(taken).not.toContain(port);
              expect(port).toBeGreaterThanOrEqual(small.min);
              expect(port).toBeLessThanOrEqual(small.max);
              held.push(port);
            } else {
              await expect(ports.take(address, "x")).rejects.toThrow("all ports from 100 to 120");
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("takers at the same time get different ports", async () => {
    const ports = createPortAllocator({ range, random: () => 0.5, isFree: async () => true });
    const taken = await Promise.all(Array.from({ length: 50 }, () => ports.take(address, "x")));
    expect(new Set(taken).size).toBe(50);
  });

  test("a port taken for TCP is not free, and its holder is named", async () => {
    const server = createServer().listen(0, address);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      expect(await isPortFree(port, address)).toBe(false);
      expect(await findPortHolder(port)).toMatchObject({ pid: process.pid });
      const ports = createPortAllocator({ range, random: Math.random });
      await expect(ports.reserve(port, address, 'task "web"')).rejects.toThrow(
        new RegExp(`^port ${port} of task "web" is taken by ".+" \\(pid ${process.pid}\\)$`),
      );
    } finally {
      server.close();
    }
  });

  test("a port taken for UDP is not free", async () => {
    const socket = createSocket("udp4").bind(0, address);
    await once(socket, "listening");
    const { port } = socket.address();
    try {
      expect(await isPortFree(port, address)).toBe(false);
    } finally {
      socket.close();
    }
  });

  test("a port that another task of the job holds is refused with that task's name", async () => {
    const ports = createPortAllocator({ range, random: Math.random, isFree: async () => true });
    await ports.reserve(80, address, 'task "a"');
    await expect(ports.reserve(80, address, 'task "b"')).rejects.toThrow(
      'port 80 of task "b" is taken by task "a"',
    );
    ports.release(80);
    await ports.reserve(80, address, 'task "b"');
  });

  test("an address of another machine is an error, not a taken port", async () => {
    await expect(isPortFree(20_000, "203.0.113.7")).rejects.toThrow("no address of this machine");
  });
});

test("a listening socket is told from a connected one", () => {
  const text = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 4242 1 0 100 0 0 10 0",
    "   1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000  0  0 4243 1 0 100 0 0 10 0",
  ].join("\n");
  expect(parseBoundSockets(text, "tcp")).toEqual([{ port: 8080, inode: "4242" }]);
});

test("Docker's proxy is called another container", () => {
  expect(describePortHolder({ pid: 7, program: "docker-proxy" })).toBe(
    '"docker-proxy" (pid 7), that is by another container',
  );
});
