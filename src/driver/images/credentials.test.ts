import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Logger, silentLogger } from "../../task/index.ts";
import type { AgentAuth, CredentialsQuery } from "./credentials.ts";
import { findCredentials } from "./credentials.ts";
import { parseImageReference } from "./image-reference.ts";

const secret = "hunter2-do-not-tell";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "longshore-credentials-"));
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A helper that answers as the script says; what it was asked is in the file `asked`. */
function writeHelper(name: string, script: string): void {
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${folder}/asked\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Whether a process is there that has not ended, whoever should have taken note of its end. */
function runs(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const asked = () => readFileSync(join(folder, "asked"), "utf8").trim().split("\n");

function writeConfig(content: unknown): string {
  const path = join(folder, "config.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function find(
  agent: AgentAuth,
  image: string,
  query: Omit<Partial<CredentialsQuery>, "reference"> = {},
  logger: Logger = silentLogger,
) {
  return findCredentials(agent, { reference: parseImageReference(image), ...query }, logger);
}

const login = `echo '{"ServerURL":"x","Username":"from-helper","Secret":"${secret}"}'`;
const none = "echo 'credentials not found in native keychain'; exit 1";

describe("a login", () => {
  it("is the task's own before the agent's", async () => {
    writeHelper("a", login);
    const auth = { username: "task", password: "p", serverAddress: "s" };
    expect(await find({ helper: "a" }, "r.io/x", { auth })).toEqual(auth);
  });

  it("of the task's own whose user is <token> is an identity token", async () => {
    const auth = { username: "<token>", password: secret, serverAddress: "r.io" };
    expect(await find({}, "r.io/x", { auth })).toEqual({ identityToken: secret, serverAddress: "r.io" });
  });

  it("is not taken from an empty block of the task", async () => {
    writeHelper("a", login);
    const auth = { username: "", password: "", serverAddress: "" };
    expect(await find({ helper: "a" }, "r.io/x", { auth })).toMatchObject({ username: "from-helper" });
  });

  it("is none where no source is set or none knows the registry", async () => {
    expect(await find({}, "r.io/x")).toBeUndefined();
    writeHelper("a", none);
    const config = writeConfig({ auths: { "other.io": { username: "u", password: "p" } } });
    expect(await find({ config, helper: "a" }, "r.io/x")).toBeUndefined();
  });

  it.each([
    ["its host", "r.io:5000"],
    ["its address", "https://r.io:5000/v1/"],
  ])("is found in the config file under %s", async (_what, key) => {
    const auth = Buffer.from(`me:${secret}:with:colons`).toString("base64");
    expect(await find({ config: writeConfig({ auths: { [key]: { auth } } }) }, "r.io:5000/x")).toMatchObject({
      username: "me",
      password: `${secret}:with:colons`,
    });
  });

  it("of Docker Hub is found under its old address", async () => {
    const config = writeConfig({
      auths: { "https://index.docker.io/v1/": { username: "u", password: "p" } },
    });
    expect(await find({ config }, "redis")).toMatchObject({ username: "u", password: "p" });
  });

  it("may be an identity token of the config file", async () => {
    const config = writeConfig({ auths: { "r.io": { identitytoken: secret } } });
    expect(await find({ config }, "r.io/x")).toMatchObject({ identityToken: secret });
  });

  it("comes from the registry's helper before the store, and from there before the agent's helper", async () => {
    writeHelper("special", login.replace("from-helper", "special"));
    writeHelper("store", login.replace("from-helper", "store"));
    writeHelper("agent", login.replace("from-helper", "agent"));
    const config = writeConfig({
      auths: { "r.io": {} },
      credHelpers: { "r.io": "special" },
      credsStore: "store",
    });
    expect(await find({ config, helper: "agent" }, "r.io/x")).toMatchObject({ username: "special" });
    expect(await find({ config, helper: "agent" }, "q.io/x")).toMatchObject({ username: "store" });
    writeHelper("store", none);
    expect(await find({ config, helper: "agent" }, "q.io/x")).toMatchObject({ username: "agent" });
    expect(asked()).toEqual(["get r.io", "get q.io", "get q.io", "get q.io"]);
  });

  it.each([
    ["the agent's helper", () => ({ helper: "a" })],
    ["the registry's helper", () => ({ config: writeConfig({ credHelpers: { "r.io": "a" } }) })],
    ["the store", () => ({ config: writeConfig({ credsStore: "a" }) })],
  ])("of %s whose user is <token> is an identity token", async (_which, toAgent) => {
    writeHelper("a", `echo '{"Username":"<token>","Secret":"${secret}"}'`);
    expect(await find(toAgent(), "r.io/x")).toEqual({ identityToken: secret, serverAddress: "r.io" });
  });

  it("of Docker Hub is asked from the agent's helper by its name and by its old address", async () => {
    writeHelper("a", none);
    expect(await find({ helper: "a" }, "redis")).toBeUndefined();
    expect(asked()).toEqual(["get docker.io", "get https://index.docker.io/v1/"]);
  });
});

describe("a source that fails", () => {
  it.each([
    ["a missing program", undefined, "there is no such program on the PATH"],
    ["a program with words on stderr", "echo 'the vault is sealed' >&2; exit 3", "the vault is sealed"],
    ["a program with words on stdout", "echo 'the vault is sealed'; exit 3", "the vault is sealed"],
    ["a silent program", "exit 3", "it ended with 3"],
    ["an answer that is no JSON", `echo '{"Secret":"${secret}"'`, "did not answer with a login in JSON"],
    [
      "an answer after 10 MB of nothing, which nobody keeps",
      `head -c 10000000 /dev/zero | tr '\\0' ' '; ${login}`,
      "did not answer with a login in JSON",
    ],
    ["an answer of numbers", "echo 17", "did not answer with a login in JSON"],
    ["an answer that is a list", `echo '["${secret}"]'`, "did not answer with a login in JSON"],
    ["a failure with an answer", `echo '{"Secret":"${secret}"}'; exit 3`, "it ended with 3"],
  ])("is an error without secrets: %s", async (_what, script, words) => {
    if (script !== undefined) writeHelper("a", script);
    const error = await find({ helper: "a" }, "r.io/x").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "invalid", message: expect.stringContaining(words) });
    expect(error).toMatchObject({ message: expect.stringContaining("docker-credential-a") });
    expect(inspect(error)).not.toContain(secret);
  });

  it.each([
    ["that is missing", undefined, "ENOENT"],
    ["that is no JSON", `{"auths": {"r.io": {"auth": "${secret}"}`, "not valid JSON"],
    ["that is a list", "[]", "not a JSON object"],
    [
      "with a broken login",
      { auths: { "r.io": { auth: Buffer.from(secret).toString("base64") } } },
      '"auth" of "r.io"',
    ],
  ])("is an error without secrets: a config file %s", async (_what, content, words) => {
    const config = content === undefined ? join(folder, "gone.json") : writeConfig(content);
    const error = await find({ config }, "r.io/x").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: "invalid", message: expect.stringContaining(words) });
    expect(inspect(error)).not.toContain(secret);
    expect(inspect(error)).not.toContain(Buffer.from(secret).toString("base64"));
  });

  it("is a timeout when a helper does not answer, which ends with its children whatever they ignore", async () => {
    writeHelper("a", `trap '' TERM INT HUP; sleep 1000 & echo $$ $! > ${folder}/pids; sleep 1000`);
    await expect(find({ helper: "a", helperTimeoutMs: 800 }, "r.io/x")).rejects.toMatchObject({
      kind: "timeout",
      message: "docker-credential-a did not answer within 0.8 s",
    });
    const pids = readFileSync(join(folder, "pids"), "utf8").trim().split(" ");
    expect(pids).toHaveLength(2);
    for (const pid of pids) await vi.waitUntil(() => !runs(pid), 5000);
  });

  it("is left alone when the task gives up", async () => {
    writeHelper("a", "sleep 1000");
    const signal = AbortSignal.timeout(100);
    await expect(find({ helper: "a" }, "r.io/x", { signal, softFail: true })).rejects.toMatchObject({
      kind: "canceled",
    });
  });

  it("is a warning where auth_soft_fail is set", async () => {
    const warn = vi.fn();
    const found = await find({ helper: "gone" }, "r.io/x", { softFail: true }, { ...silentLogger, warn });
    expect(found).toBeUndefined();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("docker-credential-gone"), {
      registry: "r.io",
    });
  });

  it("may not be a path in place of a helper's name", async () => {
    await expect(find({ helper: "../bin/evil" }, "r.io/x")).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("is not the name of a credential helper"),
    });
  });
});
