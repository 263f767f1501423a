import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bed } from "../bed/index.ts";
import { runCommand } from "../cli/command.ts";
import { connect, spawnPlugin } from "./host.ts";

const run = promisify(execFile);

describe("longshore plugin", () => {
  const { command } = bed();
  const file = join(dirname(command), "docker");

  const newFolder = async () => await mkdtemp(join(bed().folder, "plugin-dir-"));
  async function writeConfig(text: string): Promise<string> {
    const path = join(await newFolder(), "agent.hcl");
    await writeFile(path, text);
    return path;
  }

  it("puts the plugin in its place, whole and executable, and says what the agent still needs", async () => {
    const folder = await newFolder();
    const { code, stdout, stderr } = await runCommand(command, ["plugin", "--install", folder]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Installed ${folder}/docker\n`);
    expect(stdout).toContain(`plugin_dir = "${folder}"\n\n  plugin "docker" {\n    config {}\n  }\n`);
    expect(await readdir(folder)).toEqual(["docker"]);
    expect((await stat(join(folder, "docker"))).mode & 0o7777).toBe(0o755);
    expect((await readFile(join(folder, "docker"))).equals(await readFile(file))).toBe(true);
    await using plugin = await spawnPlugin(join(folder, "docker"));
    using host = connect(plugin);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
    // A plugin that runs goes on with its old file.
    const again = await runCommand(command, ["plugin", "--install", folder]);
    expect(again.stdout).toContain(`Replaced ${folder}/docker\n`);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
  });

  it("asks for nothing that the agent's configuration has, in one file or several", async () => {
    const folder = await newFolder();
    const configs = await newFolder();
    await writeFile(join(configs, "base.hcl"), `plugin_dir = "${folder}/"\n`);
    await writeFile(join(configs, "docker.json"), '{"plugin":[{"docker":[{"config":[{}]}]}]}');
    await writeFile(join(configs, "notes.txt"), "no configuration {");
    const { code, stdout } = await runCommand(command, ["plugin", "--install", folder, "--config", configs]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      `Installed ${folder}/docker\n\nThen restart the agent ("systemctl restart nomad"): running tasks go on. ` +
        `See which driver it uses with\n"nomad node status -self -verbose".\n`,
    );
  });

  it("names what is missing, and the folder that the agent looks into instead", async () => {
    const folder = await newFolder();
    const config = await writeConfig('plugin_dir = "/somewhere/else"\nplugin "raw_exec" {}\n');
    const { stdout } = await runCommand(command, ["plugin", "--install", folder, "--config", config]);
    expect(stdout).toContain('still needs, in place of plugin_dir = "/somewhere/else":');
    expect(stdout).toContain(`plugin_dir = "${folder}"`);
    expect(stdout).toContain('plugin "docker" {');
  });

  it("changes nothing when the agent's options would not hold", async () => {
    const folder = await newFolder();
    const config = await writeConfig('plugin "docker" {\n  config {\n    allow_privilegd = true\n  }\n}\n');
    const { code, stderr } = await runCommand(command, ["plugin", "--install", folder, "--config", config]);
    expect(code).toBe(2);
    expect(stderr).toContain('allow_privilegd: unknown key; did you mean "allow_privileged"?');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["is not there", "missing", async () => undefined, "does not exist"],
    ["is a file", "file", async (path: string) => await writeFile(path, ""), "is no folder"],
    ["is open to everybody", "", async (path: string) => await chmod(path, 0o777), "everybody may write to"],
    [
      "has a folder in the plugin's place",
      "",
      async (path: string) => await mkdir(join(path, "docker")),
      "is a folder",
    ],
  ])("refuses a folder that %s", async (_what, name, prepare, message) => {
    const folder = join(await newFolder(), name);
    await prepare(folder);
    const { code, stderr } = await runCommand(command, ["plugin", "--install", folder]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("tells a user who may not write there to become root", async () => {
    const folder = await newFolder();
    await chmod(bed().folder, 0o755);
    const asNobody = run(process.execPath, [command, "plugin", "--install", folder], {
      uid: 65_534,
      gid: 65_534,
    });
    await expect(asNobody).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("with sudo") });
    expect(await readdir(folder)).toEqual([]);
  });

  it("installs it all the same where it does not run yet, and says what is missing", async () => {
    const [folder, bin] = [await newFolder(), await newFolder()];
    for (const name of ["sh", "date"]) await symlink(`/bin/${name}`, join(bin, name));
    const installed = run(process.execPath, [command, "plugin", "--install", folder], { env: { PATH: bin } });
    await expect(installed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /docker does not run here: the docker plugin needs Node.js 20.12 or later, and /,
      ),
    });
    expect(await readdir(folder)).toEqual(["docker"]);
  });

  it("does not follow a symlink in the plugin's place, but takes its place", async () => {
    const folder = await newFolder();
    const target = join(await newFolder(), "target");
    await writeFile(target, "mine");
    await run("ln", ["-s", target, join(folder, "docker")]);
    const { code } = await runCommand(command, ["plugin", "--install", folder]);
    expect(code).toBe(0);
    expect((await lstat(join(folder, "docker"))).isFile()).toBe(true);
    expect(await readFile(target, "utf8")).toBe("mine");
  });

  it("is the plugin itself when an agent starts it", async () => {
    const wrapper = join(await newFolder(), "docker");
    await writeFile(wrapper, `#!/bin/sh\nexec "${process.execPath}" "${command}" plugin\n`, { mode: 0o755 });
    await using plugin = await spawnPlugin(wrapper);
    using host = connect(plugin);
    expect(await host.base.pluginInfo({})).toMatchObject({ name: "docker" });
    await host.controller.shutdown({});
    expect(await plugin.ended).toBe(0);
    const byHand = await runCommand(command, ["plugin"]);
    expect(byHand.code).toBe(1);
    expect(byHand.stderr).toContain(`install -m 0755 ${file} /opt/nomad/plugins/docker`);
  });
});
