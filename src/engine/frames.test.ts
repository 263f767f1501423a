import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "./frames.ts";
import { readFrames, readTimedFrames } from "./frames.ts";

function toBytes(type: number, data: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

describe("frames", () => {
  it("come out as they went in wherever the chunks were cut", async () => {
    const frame = fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 40 }));
    const sizes = fc.array(fc.integer({ min: 0, max: 20 }));
    await fc.assert(
      fc.asyncProperty(fc.array(frame), sizes, async (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(([type, data]) => toBytes(type, data)));
        const got = await collect(readFrames(cut(bytes, cuts)));
        expect(got.map(({ stream, data }) => [stream === "stderr" ? 2 : 1, Buffer.from(data)])).toEqual(
          sent.map(([type, data]) => [type, Buffer.from(data)]),
        );
      }),
    );
  });

  it("within one chunk are views of it, not copies", async () => {
    const chunk = toBytes(1, Buffer.from("hello"));
    const [frame] = await collect(readFrames(cut(chunk, [])));
    expect(frame?.data.buffer).toBe(chunk.buffer);
  });

  it("that are cut off are an error that may be tried again", async () => {
    const bytes = toBytes(1, Buffer.from("hello"));
    for (const length of [3, 8, 10]) {
      await expect(collect(readFrames(cut(bytes.subarray(0, length), [])))).rejects.toMatchObject({
        kind: "unavailable",
      });
    }
  });

  it("of the engine's own are its error, after those that came before", async () => {
    const bytes = Buffer.concat([
      toBytes(1, Buffer.from("hello")),
      toBytes(3, Buffer.from("error from daemon in stream: disk on fire")),
    ]);
    const batches = readFrames(cut(bytes, []));
    expect((await batches.next()).value).toHaveLength(1);
    await expect(batches.next()).rejects.toThrow("disk on fire");
  });

  it("are not seen in bytes that are none, which another try may bring right", async () => {
    const bytes = Buffer.from("plain text of a terminal");
    await expect(collect(readFrames(cut(bytes, [])))).rejects.toMatchObject({
      kind: "internal",
      retryable: true,
    });
  });
});

describe("timed frames", () => {
  async function* one(text: string): AsyncGenerator<readonly Frame[]> {
    yield [{ stream: "stdout", data: Buffer.from(text) }];
  }

  it("give up their time, exact to the nanosecond", async () => {
    const [frame] = await collect(readTimedFrames(one("2026-11-24T05:49:47.733857678Z hello world\n")));
    expect(frame?.timeNs).toBe(1795499387733857678n);
    expect(Buffer.from(frame?.data ?? []).toString()).toBe("hello world\n");
  });

  it("may be an empty line", async () => {
    const [frame] = await collect(readTimedFrames(one("2026-11-24T05:49:47Z \n")));
    expect(Buffer.from(frame?.data ?? []).toString()).toBe("\n");
  });

  it("without a time stay as they are", async () => {
    const [frame] = await collect(readTimedFrames(one("no time here\n")));
    expect(frame).toMatchObject({ timeNs: undefined });
    expect(Buffer.from(frame?.data ?? []).toString()).toBe("no time here\n");
  });
});
