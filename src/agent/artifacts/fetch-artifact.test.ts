import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeArtifact } from "../../../test/agent/jobs.ts";
import type { Artifact } from "../../jobfile/job.ts";
import { defaultArtifactLimits } from "./artifact-limits.ts";
import { fetchArtifact } from "./fetch-artifact.ts";

let folder: string;
const taskDir = (): string => join(folder, "task");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-artifact-"));
  await mkdir(join(folder, "task/local"), { recursive: true });
  await mkdir(join(folder, "alloc"));
});
afterEach(() => rm(folder, { recursive: true }));

async function fetchOne(
  artifact: Partial<Artifact> & { readonly source: string },
  limits: Partial<typeof defaultArtifactLimits> = {},
): Promise<void> {
  await fetchArtifact(makeArtifact(artifact), {
    roots: { taskDir: taskDir(), sharedDir: join(folder, "alloc") },
    lookup: (name) => (name === "NOMAD_TASK_DIR" ? join(taskDir(), "local") : undefined),
    limits: { ...defaultArtifactLimits, ...limits },
    signal: new AbortController().signal,
  });
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface TarEntry {
  readonly path: string;
  readonly type?: "File" | "SymbolicLink" | "Link" | "CharacterDevice" | "FIFO" | "Directory";
  readonly linkpath?: string;
  readonly data?: string;
}

/** A tar file byte by byte: what makes tar files does not make harmful ones. */
function makeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.map(({ path, type = "File", linkpath, data = "" }) => {
    const header = Buffer.alloc(512);
    const fields = {
      path,
      type,
      size: data.length,
      mode: 0o644,
      ...(linkpath === undefined ? {} : { linkpath }),
    };
    new Header(fields).encode(header, 0);
    const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
    return Buffer.concat([header, Buffer.from(data), padding]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

interface ZipEntry {
  readonly name: string;
  readonly data?: string;
  readonly mode?: number;
}

/** A zip file with stored entries. */
function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, data = "", mode = 0o100644 } of entries) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(Buffer.from(data)), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), Buffer.from(data)]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03"), common, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, Buffer.from("PK\x05\x06"), end]);
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

async function read(path: string): Promise<string> {
  return readFile(join(taskDir(), path), "utf8");
}

describe("an artifact from HTTP", () => {
  test("is stored under its own name, and no half file stays", async () => {
    await using server = await serve((_request, response) => response.end("content"));
    await fetchOne({ source: `${server.url}/files/a%20b.txt?x=1` });
    expect(await read("local/a b.txt")).toBe("content");
    expect(await readdir(taskDir())).toEqual(["local"]);
  });

  test("is stored as exactly the destination in mode file", async () => {
    await using server = await serve((_request, response) => response.end("content"));
    await fetchOne({
      source: `${server.url}/x`,
      destination: "${NOMAD_TASK_DIR}/conf/app.cfg",
      mode: "file",
    });
    expect(await read("local/conf/app.cfg")).toBe("content");
  });

  test("follows redirects, and gives its login and headers to no other host", async () => {
    const told: unknown[] = [];
    const note = ({ headers }: IncomingMessage): void =>
      void told.push([headers.authorization, headers["x-token"]]);
    await using other = await serve((request, response) => {
      note(request);
      response.end("there");
    });
    await using server = await serve((request, response) => {
      note(request);
      response.writeHead(302, { location: `${other.url}/file` }).end();
    });
    await fetchOne({
      source: `${server.url.replace("//", "//me:secret@")}/file`,
      headers: { "X-Token": "in ${NOMAD_TASK_DIR}" },
    });
    expect(await read("local/file")).toBe("there");
    const login = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(told).toEqual([
      [login, `in ${join(taskDir(), "local")}`],
      [undefined, undefined],
    ]);
  });

  test("comes from a server whose certificate nobody knows only where it says insecure", async () => {
    const openssl = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=x",
      "-keyout",
      "k",
      "-out",
      "c",
    ];
    execFileSync("openssl", openssl, { cwd: folder, stdio: "ignore" });
    const [key, cert] = [readFileSync(join(folder, "k")), readFileSync(join(folder, "c"))];
    const server = createSecureServer({ key, cert }, (_request, response) => response.end("secret"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const source = `https://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
    try {
      await expect(fetchOne({ source })).rejects.toMatchObject({
        kind: "unavailable",
        hint: expect.stringContaining("insecure = true"),
      });
      await fetchOne({ source, insecure: true });
      expect(await read("local/file")).toBe("secret");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each([
    [404, "not-found", false],
    [403, "unauthorized", false],
    [429, "unavailable", true],
    [500, "unavailable", true],
  ])("status %i is %s", async (status, kind, retryable) => {
    await using server = await serve((_request, response) => response.writeHead(status).end("<html>"));
    await expect(fetchOne({ source: `${server.url}/x` })).rejects.toMatchObject({
      kind,
      retryable,
      message: expect.stringContaining(`the server answered ${status}`),
    });
  });

  test("endless redirects end", async () => {
    await using server = await serve((_request, response) =>
      response.writeHead(302, { location: "/again" }).end(),
    );
    await expect(fetchOne({ source: `${server.url}/x` })).rejects.toThrow("more than 10 redirects");
  });

  test("a redirect to a file of this machine is not followed", async () => {
    await using server = await serve((_request, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(fetchOne({ source: `${server.url}/x` })).rejects.toThrow("is not followed");
  });

  test("a body over the limit is given up, and nothing stays", async () => {
    await using server = await serve((_request, response) => {
      response.write("12345");
      response.end("67890");
    });
    await expect(fetchOne({ source: `${server.url}/x` }, { maxBytes: 7 })).rejects.toThrow(
      "larger than 7 bytes",
    );
    expect(await readdir(join(taskDir(), "local"))).toEqual([]);
  });

  test("a server that goes silent is a timeout", async () => {
    await using server = await serve((_request, response) => response.write("begin"));
    await expect(fetchOne({ source: `${server.url}/x` }, { idleTimeoutMs: 20 })).rejects.toMatchObject({
      kind: "timeout",
    });
  });

  test("a body that breaks off is an error", async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("part", () => response.destroy());
    });
    await expect(fetchOne({ source: `${server.url}/x` })).rejects.toMatchObject({ kind: "unavailable" });
    expect(await readdir(join(taskDir(), "local"))).toEqual([]);
  });

  test("no server there is an error that may pass", async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();
    await expect(fetchOne({ source: `${server.url}/x` })).rejects.toMatchObject({ kind: "unavailable" });
  });
});

describe("a checksum", () => {
  test.each(["md5", "sha1", "sha256", "sha512"])("of type %s is checked", async (type) => {
    const path = join(folder, "file");
    await writeFile(path, "content");
    const value = createHash(type).update("content").digest("hex");
    await fetchOne({ source: path, options: { checksum: `${type}:${value}` } });
    expect(await read("local/file")).toBe("content");
    const wrong = createHash(type).update("other").digest("hex");
    await expect(
      fetchOne({ source: path, destination: "local/b", options: { checksum: `${type}:${wrong}` } }),
    ).rejects.toThrow(`its ${type} is ${value}, and ${wrong} was expected`);
    expect(await readdir(join(taskDir(), "local"))).toEqual(["file"]);
  });

  test.each(["crc:12", "sha256:12", "xyz"])("%s is refused", async (checksum) => {
    await expect(fetchOne({ source: "/x", options: { checksum } })).rejects.toMatchObject({
      kind: "invalid",
    });
  });
});

describe("an archive", () => {
  const good = [
    { path: "dir/", type: "Directory" },
    { path: "dir/a", data: "A" },
    { path: "dir/link", type: "SymbolicLink", linkpath: "../b" },
    { path: "b", data: "B" },
  ] as const;

  test.each([
    ["x.tar", makeTar(good)],
    ["x.tar.gz", gzipSync(makeTar(good))],
    ["x.tgz", gzipSync(makeTar(good))],
    [
      "x.zip",
      makeZip([
        { name: "dir/link", data: "../b", mode: 0o120777 },
        { name: "dir/a", data: "A", mode: 0o100755 },
        { name: "b", data: "B" },
      ]),
    ],
  ])("%s is unpacked", async (name, bytes) => {
    await writeFile(join(folder, name), bytes);
    await fetchOne({ source: `file://${join(folder, name)}` });
    expect(await read("local/dir/a")).toBe("A");
    expect(await read("local/dir/link")).toBe("B");
    expect(await readdir(taskDir())).toEqual(["local"]);
  });

  test("a file's permission to run is kept from a zip", async () => {
    await writeFile(join(folder, "x.zip"), makeZip([{ name: "run", data: "#!", mode: 0o100755 }]));
    await fetchOne({ source: join(folder, "x.zip") });
    expect((await stat(join(taskDir(), "local/run"))).mode & 0o777).toBe(0o755);
  });

  test("gz is one file", async () => {
    await writeFile(join(folder, "x.txt.gz"), gzipSync("text"));
    await fetchOne({ source: join(folder, "x.txt.gz") });
    expect(await read("local/x.txt")).toBe("text");
  });

  test("archive = false keeps it as it is", async () => {
    await writeFile(join(folder, "x.tar"), makeTar(good));
    await fetchOne({ source: join(folder, "x.tar"), options: { archive: "false" } });
    expect(await readdir(join(taskDir(), "local"))).toEqual(["x.tar"]);
  });

  test.each<[string, readonly TarEntry[]]>([
    ["a step up", [{ path: "../evil", data: "x" }]],
    ["an absolute path", [{ path: "/tmp/evil", data: "x" }]],
    ["a link out", [{ path: "l", type: "SymbolicLink", linkpath: "../.." }]],
    ["an absolute link", [{ path: "l", type: "SymbolicLink", linkpath: "/etc" }]],
    [
      "a link out by another link",
      [
        { path: "d/up", type: "SymbolicLink", linkpath: ".." },
        { path: "l", type: "SymbolicLink", linkpath: "d/up/../x" },
      ],
    ],
    ["a hard link out", [{ path: "l", type: "Link", linkpath: "../../x" }]],
    ["a device", [{ path: "d", type: "CharacterDevice" }]],
    ["a pipe", [{ path: "p", type: "FIFO" }]],
  ])("a tar file with %s is refused", async (_title, entries) => {
    await writeFile(join(folder, "x.tar"), makeTar(entries));
    await expect(fetchOne({ source: join(folder, "x.tar") })).rejects.toMatchObject({ kind: "invalid" });
    expect((await readdir(folder)).sort()).toEqual(["alloc", "task", "x.tar"]);
  });

  test.each<[string, readonly ZipEntry[]]>([
    ["a step up", [{ name: "../evil", data: "x" }]],
    ["an absolute path", [{ name: "/tmp/evil", data: "x" }]],
    ["a link out", [{ name: "l", data: "../..", mode: 0o120777 }]],
    ["a device", [{ name: "d", mode: 0o020666 }]],
  ])("a zip file with %s is refused", async (_title, entries) => {
    await writeFile(join(folder, "x.zip"), makeZip(entries));
    await expect(fetchOne({ source: join(folder, "x.zip") })).rejects.toMatchObject({ kind: "invalid" });
    expect((await readdir(folder)).sort()).toEqual(["alloc", "task", "x.zip"]);
  });

  test("a bomb is given up", async () => {
    await writeFile(join(folder, "x.gz"), gzipSync(Buffer.alloc(1_000_000)));
    await expect(fetchOne({ source: join(folder, "x.gz") }, { maxUnpackedBytes: 1000 })).rejects.toThrow(
      "unpacks to more than 1000 bytes",
    );
    await writeFile(join(folder, "x.tar"), makeTar([{ path: "a" }, { path: "b" }, { path: "c" }]));
    await expect(fetchOne({ source: join(folder, "x.tar") }, { maxEntries: 2 })).rejects.toThrow(
      "more than 2 entries",
    );
  });

  test.each(["x.tar", "x.tar.gz", "x.zip", "x.gz"])("%s full of something else is an error", async (name) => {
    await writeFile(join(folder, name), "<html>not found</html>".repeat(100));
    await expect(fetchOne({ source: join(folder, name) })).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("cannot be unpacked"),
    });
  });

  test("a format that is not unpacked is refused before it is fetched", async () => {
    await expect(fetchOne({ source: "http://127.0.0.1:1/x.tar.xz" })).rejects.toThrow(
      'archives of type "tar.xz" cannot be unpacked',
    );
  });
});

describe("a destination", () => {
  test.each(["../../evil", "local/../../../evil"])("%s is refused", async (destination) => {
    await writeFile(join(folder, "file"), "x");
    await expect(fetchOne({ source: join(folder, "file"), destination })).rejects.toThrow(
      "outside of the task's folder",
    );
  });

  test("through a symlink that a task made is refused", async () => {
    await writeFile(join(folder, "file"), "x");
    await symlink(folder, join(taskDir(), "local/out"));
    await expect(fetchOne({ source: join(folder, "file"), destination: "local/out/x" })).rejects.toThrow(
      "outside of the task's folder",
    );
    expect((await readdir(folder)).sort()).toEqual(["alloc", "file", "task"]);
  });
});

test.each([
  ["hg::https://example.com/x", '"hg" sources are not supported'],
  ["s3::https://s3.amazonaws.com/b/x", '"s3" sources are not supported'],
  ["gcs::https://x", '"gcs" sources are not supported'],
  ["ftp://x/y", '"ftp" sources are not supported'],
  ["/does/not/exist", "there is no file /does/not/exist"],
])("source %s is refused", async (source, message) => {
  await expect(fetchOne({ source })).rejects.toThrow(message);
});

test("a folder is copied with all that is in it", async () => {
  await mkdir(join(folder, "src/deep"), { recursive: true });
  await writeFile(join(folder, "src/deep/a"), "A");
  await fetchOne({ source: join(folder, "src"), destination: "local/copy" });
  expect(await read("local/copy/deep/a")).toBe("A");
});
