import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findEndpoint } from "./endpoint.ts";

let homeDir: string;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), "longshore-endpoint-"));
});
afterEach(() => rmSync(homeDir, { recursive: true }));

function write(path: string, content: unknown): void {
  const file = join(homeDir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

function writeContext(name: string, docker: object): string {
  const id = createHash("sha256").update(name).digest("hex");
  write(`.docker/contexts/meta/${id}/meta.json`, { Name: name, Endpoints: { docker } });
  return id;
}

type Env = Readonly<Record<string, string>>;
const find = (env: Env = {}, option?: string, mode: "machine" | "strict" = "machine") =>
  findEndpoint({ option, env, homeDir, uid: 4321, mode });

describe("the endpoint", () => {
  it("is the option's, whatever else is set", () => {
    writeContext("other", { Host: "tcp://other:1" });
    const found = find({ DOCKER_HOST: "tcp://env:1", DOCKER_CONTEXT: "other" }, "tcp://option:1");
    expect(found).toEqual({
      endpoint: "tcp://option:1",
      reason: "tcp://option:1, because the endpoint option says so.",
    });
  });

  it("comes with the option's TLS", () => {
    const tls = { ca: "/ca.pem" };
    expect(findEndpoint({ option: "tcp://o:1", tls, env: {}, homeDir, uid: 1, mode: "strict" }).tls).toEqual(
      tls,
    );
  });

  it("is DOCKER_HOST's before the current context's", () => {
    writeContext("other", { Host: "tcp://other:1" });
    write(".docker/config.json", { currentContext: "other" });
    expect(find({ DOCKER_HOST: "tcp://env:1" }).endpoint).toBe("tcp://env:1");
    expect(find({ DOCKER_HOST: "env:1" }).endpoint).toBe("tcp://env:1");
    expect(find({ DOCKER_HOST: "" }).endpoint).toBe("tcp://other:1");
  });

  it("speaks TLS as DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say", () => {
    const DOCKER_HOST = "tcp://env:1";
    expect(find({ DOCKER_HOST }).tls).toBeUndefined();
    expect(find({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" }).tls).toEqual({
      ca: "/certs/ca.pem",
      cert: "/certs/cert.pem",
      key: "/certs/key.pem",
      verify: true,
    });
    expect(find({ DOCKER_HOST, DOCKER_CERT_PATH: "/certs" }).tls?.verify).toBe(false);
    expect(find({ DOCKER_HOST, DOCKER_TLS_VERIFY: "1" }).tls?.ca).toBe(join(homeDir, ".docker/ca.pem"));
    expect(find({ DOCKER_HOST: "unix:///x.sock", DOCKER_TLS_VERIFY: "1" }).tls).toBeUndefined();
  });

  it("is the current context's, and DOCKER_CONTEXT's before that, and the reason names it", () => {
    writeContext("one", { Host: "tcp://one:1" });
    writeContext("two", { Host: "tcp://two:1" });
    write(".docker/config.json", { currentContext: "one" });
    expect(find()).toMatchObject({
      endpoint: "tcp://one:1",
      reason: 'tcp://one:1, from the docker context "one": it is the docker command\'s current one.',
    });
    expect(find({ DOCKER_CONTEXT: "two" })).toMatchObject({
      endpoint: "tcp://two:1",
      reason: 'tcp://two:1, from the docker context "two": DOCKER_CONTEXT names it.',
    });
  });

  it("is found in the folder that DOCKER_CONFIG names", () => {
    writeContext("one", { Host: "tcp://one:1" });
    write(".docker/config.json", { currentContext: "one" });
    const elsewhere = findEndpoint({
      env: { DOCKER_CONFIG: join(homeDir, ".docker") },
      homeDir: "/nowhere",
      uid: 1,
      mode: "machine",
    });
    expect(elsewhere.endpoint).toBe("tcp://one:1");
  });

  it("takes a context's TLS files and its leave not to check the server", () => {
    const id = writeContext("tls", { Host: "tcp://tls:1", SkipTLSVerify: true });
    write(`.docker/contexts/tls/${id}/docker/ca.pem`, "x");
    expect(find({ DOCKER_CONTEXT: "tls" }).tls).toEqual({
      ca: join(homeDir, `.docker/contexts/tls/${id}/docker/ca.pem`),
      cert: undefined,
      key: undefined,
      verify: false,
    });
  });

  it("is the default one's where the context is called default", () => {
    write(".docker/config.json", { currentContext: "default" });
    expect(find().reason).toContain("/");
    expect(find({ DOCKER_CONTEXT: "default" }).endpoint).toMatch(/^unix:/);
  });

  it("cannot be that of a context that is missing or broken, and the error says so", () => {
    expect(() => find({ DOCKER_CONTEXT: "gone" })).toThrow(
      expect.objectContaining({
        kind: "invalid",
        message: 'Docker context "gone" does not exist, but DOCKER_CONTEXT names it',
        hint: expect.stringContaining("docker context ls"),
      }),
    );
    writeContext("empty", {});
    expect(() => find({ DOCKER_CONTEXT: "empty" })).toThrow("has no Docker endpoint");
  });

  it("is not guessed when the docker command's config file is broken, and none of its text is shown", () => {
    write(".docker/config.json", '{"auths": {"x": {"auth": "c2VjcmV0"}}, oops');
    const attempt = () => {
      try {
        return find();
      } catch (error) {
        return error;
      }
    };
    expect(attempt()).toMatchObject({ kind: "invalid", message: expect.stringContaining("config.json") });
    expect(inspect(attempt())).not.toContain("c2VjcmV0");
  });

  it("is the rootless engine's or Docker Desktop's where that is the socket there is", () => {
    write("run/docker.sock", "");
    write(".docker/run/docker.sock", "");
    const found = find({ XDG_RUNTIME_DIR: join(homeDir, "run") });
    // The machine that runs the tests may have the system's socket too, and that one comes first.
    expect([`unix://${join(homeDir, "run/docker.sock")}`, "unix:///var/run/docker.sock"]).toContain(
      found.endpoint,
    );
    expect(found.reason).toContain(found.endpoint);
  });

  it("is the default in strict mode, which reads neither environment nor home", () => {
    write(".docker/config.json", "broken");
    const found = find({ DOCKER_HOST: "tcp://env:1", DOCKER_CONTEXT: "gone" }, undefined, "strict");
    expect(found).toEqual({
      endpoint: "unix:///var/run/docker.sock",
      reason: "unix:///var/run/docker.sock, because no endpoint option is set.",
    });
  });
});
