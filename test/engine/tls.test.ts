import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine, type Engine, type EngineTls, findEndpoint } from "../../src/engine/index.ts";
import { bed } from "../bed/index.ts";
import { collect, eachOf, errorOf, startContainer, toText } from "./set-up.ts";

const run = promisify(execFile);

/** A CA with a server's and a client's certificate, and another CA that nobody trusts. */
async function makeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const days = ["-days", "2"];
  for (const ca of ["ca", "other-ca"]) {
    const subject = ["-subj", `/CN=longshore test ${ca}`];
    const out = ["-keyout", `${ca}-key.pem`, "-out", `${ca}.pem`];
    await openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...days, ...out);
  }
  await writeFile(join(folder, "server.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  await writeFile(join(folder, "client.ext"), "extendedKeyUsage=clientAuth\n");
  for (const [name, ext] of [
    ["server", "server.ext"],
    ["cert", "client.ext"],
  ] as const) {
    const key = name === "cert" ? "key.pem" : `${name}-key.pem`;
    await openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      key,
      "-out",
      `${name}.csr`,
    );
    const signer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", ext];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signer, ...days, "-out", `${name}.pem`);
  }
}

/** Ends TLS in front of the real engine and asks every client for a certificate of the CA, as dockerd does. */
async function startTlsProxy(folder: string) {
  const server = createServer(
    {
      cert: await readFile(join(folder, "server.pem")),
      key: await readFile(join(folder, "server-key.pem")),
      ca: await readFile(join(folder, "ca.pem")),
      requestCert: true,
      rejectUnauthorized: true,
      allowHalfOpen: true,
    },
    (client) => {
      const engine = createConnection({ path: bed().socket, allowHalfOpen: true });
      for (const socket of [client, engine]) {
        socket.on("error", () => undefined);
        socket.on("close", () => [client, engine].map((each) => each.destroySoon()));
      }
      client.pipe(engine).pipe(client);
    },
  );
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" ? (address?.port ?? 0) : 0 };
}

describe("an engine behind TLS", () => {
  let folder: string;
  let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
  let tls: EngineTls;

  beforeAll(async () => {
    folder = join(bed().folder, "tls");
    await makeCertificates(folder);
    proxy = await startTlsProxy(folder);
    tls = { ca: join(folder, "ca.pem"), cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  });
  afterAll(() => void proxy?.server.close());

  const open = (options: EngineTls | undefined): Engine =>
    createEngine({ endpoint: `tcp://127.0.0.1:${proxy.port}`, tls: options });

  it("answers calls, streams logs and takes a command's input", async () => {
    await using engine = open(tls);
    await using container = await startContainer(engine, "echo hello; sleep 1000");
    for await (const frame of eachOf(engine.containerLogs(container.id, { tty: false }))) {
      expect(toText([frame])).toBe("hello\n");
      break;
    }
    const id = await engine.createExec(container.id, { command: ["cat"], tty: false, stdin: true });
    const session = await engine.startExec(id, { tty: false, stdin: true });
    await session.write(Buffer.from("through TLS"));
    session.endInput();
    expect(toText(await collect(session.output))).toBe("through TLS");
  });

  it("takes the certificates themselves in place of their paths", async () => {
    const read = (path: string | undefined) => readFile(path ?? "", "utf8");
    await using engine = open({
      ca: await read(tls.ca),
      cert: await read(tls.cert),
      key: await read(tls.key),
    });
    await engine.ping();
  });

  it("is found and spoken to as DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say", async () => {
    const DOCKER_HOST = `tcp://127.0.0.1:${proxy.port}`;
    const env = { DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder };
    const found = findEndpoint({ env, homeDir: "/nowhere", uid: 1, mode: "machine" });
    await using engine = createEngine(found);
    await engine.ping();
  });

  it("refuses a client without a certificate", async () => {
    await using engine = open({ ca: tls.ca });
    expect(await errorOf(engine.ping())).toMatchObject({ kind: "unavailable" });
  });

  it("is refused when another CA signed its certificate, unless told not to look", async () => {
    const ca = join(folder, "other-ca.pem");
    await using strict = open({ ...tls, ca });
    expect(await errorOf(strict.ping())).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("TLS failed"),
      hint: expect.stringContaining("DOCKER_CERT_PATH"),
    });
    await using lax = open({ ...tls, ca, verify: false });
    await lax.ping();
  });

  it("does not answer a client that speaks no TLS", async () => {
    await using engine = open(undefined);
    expect(await errorOf(engine.ping())).toMatchObject({ kind: "unavailable" });
  });
});
