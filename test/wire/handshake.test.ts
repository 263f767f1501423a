import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { createSelfSigned } from "../../src/plugin/certificate.ts";
import { bed } from "../bed/index.ts";
import { connect, hostEnv, type LogLine, spawnPlugin } from "./host.ts";

const run = promisify(execFile);

describe("the plugin's process", () => {
  const program = bed().plugin;

  const newFolder = async (name = "sockets-") => await mkdtemp(join(bed().folder, name));

  it("says by hand what it is and which block an agent needs, on stderr alone, and ends with 1", async () => {
    const failed = run(program, [], { env: { PATH: process.env.PATH } });
    await expect(failed).rejects.toMatchObject({ code: 1, stdout: "" });
    const { stderr } = await failed.catch((error: { stderr: string }) => error);
    expect(stderr).toContain(`install -m 0755 ${program} /opt/nomad/plugins/docker`);
    expect(stderr).toContain('plugin "docker" {\n       config {}\n     }');
  });

  it("tells an agent in one line that there is no Node.js in its PATH", async () => {
    const folder = await newFolder("bin-");
    for (const name of ["sh", "date"]) await symlink(`/bin/${name}`, join(folder, name));
    const line = await refuse({ PATH: folder });
    expect(line["@message"]).toContain("needs Node.js 20.12 or later, and there is no node in the PATH");
  });

  it.each(["12.22.9", "20.11.1"])(
    "tells an agent in one line that Node.js %s is too old",
    async (version) => {
      const preload = join(await newFolder("preload-"), "version.cjs");
      await writeFile(
        preload,
        `process = Object.create(process, { versions: { value: { node: "${version}" } } });`,
      );
      const line = await refuse({ PATH: process.env.PATH, NODE_OPTIONS: `--require=${preload}` });
      expect(line["@message"]).toContain(`leads to ${process.execPath} ${process.version}: upgrade it`);
    },
  );

  it("asks no more of a Node.js that is too old than to read a text", async () => {
    const text = await readFile(program, "utf8");
    const [head = "", code] = text.split('eval("');
    expect(code).toBeDefined();
    expect(head).not.toMatch(/\?\?|\?\.|=>|#[a-z]|\bawait\b|\bclass\b/);
    // The comment of the licences is all that follows.
    expect(text).toMatch(/[^\\]"\);\n\}\);\n\/\*\n/);
  });

  /** Starts it as an agent does, and answers the one line that it says instead of serving. */
  async function refuse(env: NodeJS.ProcessEnv): Promise<LogLine> {
    const failed = run(program, [], { env: { ...hostEnv, ...env } });
    await expect(failed).rejects.toMatchObject({ code: 1, stdout: "" });
    const { stderr } = await failed.catch((error: { stderr: string }) => error);
    expect(stderr.split("\n")).toHaveLength(2);
    const line = JSON.parse(stderr) as LogLine;
    expect(line["@level"]).toBe("error");
    expect(line["@timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    return line;
  }

  it("runs alone in a folder, also in one of modules", async () => {
    const folder = await newFolder("modules-");
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await copyFile(program, join(folder, "docker"));
    await using plugin = await spawnPlugin(join(folder, "docker"));
    using host = connect(plugin);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker", pluginVersion: "0.1.0" });
  });

  it("listens on a socket that its user alone can reach, in the folder it is told, and removes it", async () => {
    const folder = await newFolder();
    await using plugin = await spawnPlugin(program, { env: { PLUGIN_UNIX_SOCKET_DIR: folder } });
    const [core, protocol, network, path = "", kind, certificate, ...more] = plugin.handshake;
    expect([core, protocol, network, kind, certificate, more]).toEqual(["1", "2", "unix", "grpc", "", []]);
    expect(path.startsWith(`${folder}/`)).toBe(true);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    plugin.child.kill("SIGINT");
    using host = connect(plugin);
    await host.base.pluginInfo({});
    plugin.child.kill("SIGTERM");
    expect(await plugin.ended).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    expect(plugin.stdout().split("\n")).toEqual([plugin.handshake.join("|"), ""]);
  });

  it("lets the group in that it is told", async () => {
    const folder = await newFolder();
    const group = { PLUGIN_UNIX_SOCKET_DIR: folder, PLUGIN_UNIX_SOCKET_GROUP: "daemon" };
    await using plugin = await spawnPlugin(program, { env: group });
    const path = plugin.handshake[3] ?? "";
    const [socket, around] = await Promise.all([stat(path), stat(dirname(path))]);
    expect([socket.gid, socket.mode & 0o777, around.gid, around.mode & 0o777]).toEqual([1, 0o660, 1, 0o750]);
    const unknown = spawnPlugin(program, { env: { PLUGIN_UNIX_SOCKET_GROUP: "no-such-group" } });
    await expect(unknown).rejects.toThrow('there is no group \\"no-such-group\\"');
  });

  it("opens no port to everybody where there can be no socket, but says what to do", async () => {
    const deep = join(await newFolder(), "x".repeat(100));
    await mkdir(deep);
    for (const folder of [deep, "/no/such/folder"]) {
      const refused = spawnPlugin(program, { env: { PLUGIN_UNIX_SOCKET_DIR: folder } });
      await expect(refused).rejects.toThrow(
        /"error":".*(too long|no such file).*Name a folder with a short path by PLUGIN_UNIX_SOCKET_DIR/,
      );
    }
    await using plugin = await spawnPlugin(program, { env: { TMPDIR: deep } });
    expect(plugin.handshake[3]).toMatch(/^\/tmp\/longshore-plugin-/);
  });

  it("listens on a port of the range where it is asked to", async () => {
    const env = {
      LONGSHORE_PLUGIN_NETWORK: "tcp",
      PLUGIN_MIN_PORT: "20000",
      PLUGIN_MAX_PORT: "29999",
    };
    await using plugin = await spawnPlugin(program, { env });
    expect(plugin.handshake[2]).toBe("tcp");
    const port = Number(/^127\.0\.0\.1:(\d+)$/.exec(plugin.handshake[3] ?? "")?.[1]);
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThanOrEqual(29_999);
    // Another one takes the next.
    await using other = await spawnPlugin(program, { env });
    expect(other.handshake[3]).not.toBe(plugin.handshake[3]);
    using host = connect(plugin);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
  });

  it("tells a host that knows multiplexing that it does not", async () => {
    await using plugin = await spawnPlugin(program, { env: { PLUGIN_MULTIPLEX_GRPC: "true" } });
    expect(plugin.handshake.slice(5)).toEqual(["", "false"]);
  });

  it("takes a host's certificate and no other's when that asks for mutual TLS", async () => {
    const own = createSelfSigned();
    await using plugin = await spawnPlugin(program, { env: { PLUGIN_CLIENT_CERT: own.certificatePem } });
    const encoded = plugin.handshake[5] ?? "";
    expect(encoded).not.toContain("=");
    const server = Buffer.from(new X509Certificate(Buffer.from(encoded, "base64")).toString());
    const showing = ({ keyPem, certificatePem }: { keyPem: string; certificatePem: string }) =>
      connect(plugin, credentials.createSsl(server, Buffer.from(keyPem), Buffer.from(certificatePem)));
    using host = showing(own);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
    using stranger = showing(createSelfSigned());
    await expect(stranger.base.pluginInfo({})).rejects.toThrow("UNAVAILABLE");
    using plain = connect(plugin);
    await expect(plain.base.pluginInfo({})).rejects.toThrow("UNAVAILABLE");
    const garbled = spawnPlugin(program, { env: { PLUGIN_CLIENT_CERT: "garbage" } });
    await expect(garbled).rejects.toThrow("PLUGIN_CLIENT_CERT holds no certificate");
  });

  it("refuses a host of another protocol in one line that an agent can log", async () => {
    const refused = spawnPlugin(program, { env: { PLUGIN_PROTOCOL_VERSIONS: "3,4" } });
    const error = await refused.then(
      () => undefined,
      (reason: Error) => reason,
    );
    const line = JSON.parse(/\{.*\}/.exec(error?.message ?? "")?.[0] ?? "{}");
    expect(line).toMatchObject({ "@level": "error", "@message": "the docker plugin cannot run" });
    expect(line["@timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(line.error).toContain("the Nomad agent speaks plugin protocol 3, 4");
  });

  it("answers health checks, holds the side streams open, and says what it does not have", async () => {
    await using plugin = await spawnPlugin(program);
    using host = connect(plugin);
    expect(await host.health.check({ service: "plugin" })).toEqual({ status: 1 });
    await expect(host.health.check({ service: "other" })).rejects.toThrow("NOT_FOUND");
    const Unknown = makeGenericClientConstructor(
      {
        call: {
          path: "/hashicorp.nomad.plugins.drivers.proto.Driver/FromTheFuture",
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: Buffer) => value,
          requestDeserialize: (value: Buffer) => value,
          responseSerialize: (value: Buffer) => value,
          responseDeserialize: (value: Buffer) => value,
        },
      },
      "Unknown",
    );
    const client = new Unknown(`unix:${plugin.handshake[3]}`, credentials.createInsecure());
    const answer = new Promise((_, reject) => {
      // The definition above has the method.
      (client.call as (message: Buffer, done: (error: Error | null) => void) => void)(
        Buffer.alloc(0),
        reject,
      );
    });
    await expect(answer).rejects.toThrow("UNIMPLEMENTED");
    client.close();
    expect(host.heldStreams()).toBe(2);
    await host.controller.shutdown({});
    expect(await plugin.ended).toBe(0);
  });

  it("lives on when the agent that reads its output is gone", async () => {
    await using plugin = await spawnPlugin(program);
    plugin.child.stdout.destroy();
    plugin.child.stderr.destroy();
    using host = connect(plugin);
    const bad = Buffer.from([0xc1]);
    const config = { msgpackConfig: bad, nomadConfig: undefined, pluginApiVersion: "" };
    await expect(host.base.setConfig(config)).rejects.toThrow("INVALID_ARGUMENT");
    await host.base.setConfig({ ...config, msgpackConfig: Buffer.alloc(0) });
    expect((await host.driver.capabilities({})).capabilities?.exec).toBe(true);
    // The choice of the engine is logged.
    for await (const { health } of host.driver.fingerprint({})) {
      expect(health).toBe(2);
      break;
    }
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
  });

  it("ends by itself when no agent comes back and no task runs", async () => {
    await using plugin = await spawnPlugin(program, { env: { LONGSHORE_PLUGIN_ALONE: "1s" } });
    {
      using host = connect(plugin);
      await host.base.pluginInfo({});
    }
    expect(await plugin.ended).toBe(0);
    await expect(access(plugin.handshake[3] ?? "")).rejects.toThrow("ENOENT");
    expect(plugin.log().map((line) => line["@message"])).toContain(
      "no agent has come back and no task is running: the docker plugin ends",
    );
  });
});
