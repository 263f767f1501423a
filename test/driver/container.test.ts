import { readFile, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { toTaskDirs } from "../../src/task/index.ts";
import { bed, callEngineOk } from "../bed/index.ts";
import { makeShellTask, startDriver } from "./driver-bed.ts";

describe("a command", () => {
  it("replaces the image's with its arguments as a list", async () => {
    await using bench = startDriver();
    const ran = await bench.run("x", { driverConfig: { command: "echo", args: ["a b", "$HOME"] } });
    expect(ran.stdout).toBe("a b $HOME\n");
  });

  it("with one string of arguments (2015) gets them split, quotes respected, variables replaced", async () => {
    await using bench = startDriver();
    const ran = await bench.run("x", {
      env: { NAME: "two words" },
      driverConfig: { command: "printf", args: `'<%s>' 'a b' "$NAME" \${NAME} $UNKNOWN c\\ d` },
    });
    expect(ran.stdout).toBe("<a b><two words><two words><$UNKNOWN><c d>");
  });

  it("that is missing leaves one string of arguments (2015) ignored, and a note says so", async () => {
    await using bench = startDriver();
    const ran = await bench.run("x", { driverConfig: { command: undefined, args: "-c 'exit 9'" } });
    expect(ran.exit.exitCode).toBe(0);
    expect((await bench.event(({ detail }) => detail.type === "note")).message).toContain(
      "the arguments are ignored",
    );
  });

  it("that is missing lets a list of arguments replace the image's", async () => {
    await using bench = startDriver();
    const config = { command: undefined, entrypoint: ["sh"], args: ["-c", "exit 9"] };
    expect((await bench.run("x", { driverConfig: config })).exit.exitCode).toBe(9);
  });

  it("that the image does not have is an error with the engine's words and a hint, and nothing is left", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("x", { driverConfig: { command: "no-such-program", args: [] } });
    const error: unknown = await bench.driver.startTask(task).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: "invalid",
      retryable: false,
      message: expect.stringMatching(/^task "app": .*no-such-program.*executable file not found/),
      hint: expect.stringContaining('Is "no-such-program" in the image'),
    });
    await expect(bench.engine.inspectContainer(`app-${task.allocId}`)).rejects.toMatchObject({
      kind: "not-found",
    });
  });
});

describe("inside the container", () => {
  it("are the allocation's folders, where the environment says", async () => {
    await using bench = startDriver();
    const env = { NOMAD_ALLOC_DIR: "/alloc", NOMAD_TASK_DIR: "/local", NOMAD_SECRETS_DIR: "/secrets" };
    const script =
      "echo 1 > $NOMAD_ALLOC_DIR/data/a; echo 2 > $NOMAD_TASK_DIR/b; echo 3 > $NOMAD_SECRETS_DIR/c; touch /alloc/logs/x";
    const ran = await bench.run(script, { env });
    const dirs = toTaskDirs(ran.task);
    const read = (path: string) => readFile(path, "utf8");
    expect(await read(`${dirs.sharedAllocDir}/data/a`)).toBe("1\n");
    expect(await read(`${dirs.localDir}/b`)).toBe("2\n");
    expect(await read(`${dirs.secretsDir}/c`)).toBe("3\n");
    expect(ran.stderr).toContain("Read-only file system");
  });

  it("is shared what the tasks of a group keep in /alloc", async () => {
    await using bench = startDriver();
    const first = await bench.run("echo hello > /alloc/data/word", { name: "first" });
    const { allocId, allocDir } = first.task;
    const second = await bench.run("cat /alloc/data/word", { name: "second", allocId, allocDir });
    expect(second.stdout).toBe("hello\n");
  });

  it("is the environment that the host gives", async () => {
    await using bench = startDriver();
    const env = { NOMAD_IP: "127.0.0.1", NOMAD_META_KEY: "v", MINE: "a=b\nc", NOMAD_PORT_6379: "22333" };
    const ran = await bench.run("env", { env });
    for (const [name, value] of Object.entries(env)) expect(ran.stdout).toContain(`${name}=${value}\n`);
  });

  it("are the labels of the allocation, the agent and the task on it", async () => {
    const agentOptions = parseAgentOptions({ extra_labels: ["task_name"] });
    await using bench = startDriver({ agentOptions });
    const task = await bench.start("sleep 600", { driverConfig: { labels: [{ team: "x" }] } });
    const { container_id = "" } = bench.driver.inspectTask(task.id).attributes;
    const { Config, Name } = await bench.engine.inspectContainer(container_id);
    expect(Name).toBe(`/app-${task.allocId}`);
    expect(Config.Labels).toMatchObject({
      team: "x",
      "com.hashicorp.nomad.alloc_id": task.allocId,
      "com.hashicorp.nomad.task_name": "app",
    });
  });

  it("are bind mounts below the task's folder, and no others unless allowed", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("cat /in", { driverConfig: { volumes: ["local/file:/in:ro"] } });
    await writeFile(`${toTaskDirs(task).localDir}/file`, "content");
    await symlink("/etc/hostname", `${toTaskDirs(task).localDir}/link`);
    const linked = { ...task, driverConfig: { ...task.driverConfig, volumes: ["local/link:/in"] } };
    await expect(bench.driver.startTask(linked)).rejects.toThrow(
      'cannot mount host path "local/link" (/etc/hostname)',
    );
    await bench.startTask(task);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 0 });
  });

  it("are tmpfs mounts, and anonymous volumes that go with it", async () => {
    const agentOptions = parseAgentOptions({ volumes: { enabled: true } });
    await using bench = startDriver({ agentOptions });
    const mount = [{ type: "tmpfs", target: "/t", tmpfs_options: [{ size: 65_536 }] }, { target: "/v" }];
    const task = await bench.start("sleep 600", { driverConfig: { mount } });
    const { container_id = "" } = bench.driver.inspectTask(task.id).attributes;
    const { Mounts } = (await callEngineOk(bed().socket, "GET", `/containers/${container_id}/json`)) as {
      Mounts: { Type: string; Name?: string; Destination: string }[];
    };
    const volume = Mounts.find(({ Destination }) => Destination === "/v")?.Name ?? "";
    expect(volume).not.toBe("");
    await bench.driver.destroyTask(task.id, { force: true });
    await expect(callEngineOk(bed().socket, "GET", `/volumes/${volume}`)).rejects.toThrow("404");
  });
});

describe("a container of the task's name", () => {
  it("that is dead is replaced", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("exit 4");
    const body = { Image: bed().image, Labels: { "com.hashicorp.nomad.alloc_id": task.allocId } };
    await callEngineOk(bed().socket, "POST", `/containers/create?name=app-${task.allocId}`, { body });
    await bench.startTask(task);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 4 });
  });

  it("that runs is taken over", async () => {
    await using first = startDriver();
    const task = await first.start("sleep 600");
    await using second = startDriver();
    const { handle } = await second.driver.startTask(task);
    expect(handle.driverState.containerId).toBe(first.driver.inspectTask(task.id).attributes.container_id);
    await second.driver.destroyTask(task.id, { force: true });
    expect(await first.driver.waitTask(task.id)).toMatchObject({ exitCode: 137 });
  });

  it("of another allocation is left alone", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("true");
    const name = `app-${task.allocId}`;
    const { Id } = (await callEngineOk(bed().socket, "POST", `/containers/create?name=${name}`, {
      body: { Image: bed().image },
    })) as { Id: string };
    try {
      await expect(bench.driver.startTask(task)).rejects.toThrow(
        "is taken by one that is not of this allocation",
      );
      expect((await bench.engine.inspectContainer(name)).Id).toBe(Id);
    } finally {
      await callEngineOk(bed().socket, "DELETE", `/containers/${Id}`);
    }
  });
});
