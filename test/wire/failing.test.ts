import { access, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createSelfSigned } from "../../src/plugin/certificate.ts";
import { bed } from "../bed/index.ts";
import { spawnPlugin } from "./host.ts";
import { openSession } from "./session.ts";

const newFolder = async () => await mkdtemp(join(bed().folder, "failing-"));

describe("a plugin that fails", () => {
  const program = bed().plugin;

  it("tells why its driver cannot be opened and holds the agent's streams open until it can", async () => {
    const ca = join(await newFolder(), "ca.pem");
    const config = { endpoint: "https://127.0.0.1:1", tls: { ca } };
    await using session = await openSession(program, { config });
    const prints = session.driver.fingerprint({})[Symbol.asyncIterator]();
    const first = await prints.next();
    expect(first.value).toMatchObject({ health: 0, healthDescription: expect.stringContaining(ca) });
    await writeFile(ca, createSelfSigned().certificatePem);
    const next = await prints.next();
    expect(next.value).toMatchObject({
      health: 0,
      healthDescription: expect.stringContaining("nothing listens"),
    });
    expect(session.eventsAreOpen()).toBe(true);
    const told = session.plugin.log().filter((line) => line["@level"] === "error");
    expect(told).toEqual([expect.objectContaining({ error: expect.stringContaining(ca) })]);
  });

  it("waits before it ends when that is soon after its start, and says so", async () => {
    // Agents start a plugin again at once.
    const crash = join(await newFolder(), "crash.cjs");
    const code =
      'const { write } = process.stdout;\nprocess.stdout.write = (...args) => { setTimeout(() => { throw new Error("broken"); }); return write.apply(process.stdout, args); };';
    await writeFile(crash, code);
    await using plugin = await spawnPlugin(program, { env: { NODE_OPTIONS: `--require=${crash}` } });
    const messages = () => plugin.log().map((line) => line["@message"]);
    await vi.waitUntil(() => messages().length === 2, { timeout: 20_000 });
    expect(messages()).toEqual([
      "the docker plugin failed, which is a bug; please report it",
      "the docker plugin failed soon after its start: it waits before the agent can start it again",
    ]);
    expect(plugin.child.exitCode).toBe(null);
  });

  it("that was killed leaves a socket, which the next one removes, and no other", async () => {
    const folder = await newFolder();
    const env = { PLUGIN_UNIX_SOCKET_DIR: folder };
    const start = async () => await spawnPlugin(program, { env });
    const pathOf = ({ handshake }: { readonly handshake: readonly string[] }) => handshake[3] ?? "";
    await using other = await start();
    const killed = await start();
    await killed[Symbol.asyncDispose]();
    await access(pathOf(killed));
    const foreign = `longshore-plugin-${killed.pid}-notone`;
    await writeFile(join(folder, foreign), "");
    await using next = await start();
    const names = [pathOf(other), pathOf(next)].map((path) => dirname(path).slice(folder.length + 1));
    await vi.waitUntil(async () => (await readdir(folder)).length === 3, { timeout: 20_000 });
    expect((await readdir(folder)).sort()).toEqual([...names, foreign].sort());
    await access(pathOf(other));
  });
});
