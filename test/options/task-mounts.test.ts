import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toTaskDirs } from "../../src/task/index.ts";
import { bed, callEngine, callEngineOk, makeTaskConfig } from "../bed/index.ts";
import { look } from "./look.ts";

const volumes = { volumes: { enabled: true } };

describe("in a task without leave for volumes", () => {
  const seen = look({
    config: {
      volumes: ["local/in:/in:ro"],
      mount: [
        { type: "tmpfs", target: "/t", tmpfs_options: { size: 65_536, mode: 0o750 } },
        { type: "bind", target: "/b", source: "local/in", readonly: true },
      ],
      mounts: [{ type: "tmpfs", target: "/older" }],
    },
    task: async () => {
      const task = await makeTaskConfig();
      const { localDir } = toTaskDirs(task);
      mkdirSync(join(localDir, "in"));
      writeFileSync(join(localDir, "in/word"), "hello");
      return { allocId: task.allocId, allocDir: task.allocDir, name: task.name };
    },
    see: {
      volume: "cat /in/word; echo x > /in/y",
      bind: "cat /b/word; echo x > /b/y",
      tmpfs: "grep ' /t ' /proc/mounts; df -k /t | tail -1; stat -c %a /t",
      older: "grep ' /older ' /proc/mounts",
    },
  });

  it("`volumes`: a path of the task's folder is there, for reading", () => {
    expect(seen().inside("volume")).toMatch(/^hello.*Read-only file system/s);
  });

  it("`mount.type`, `mount.target`, `mount.source`, `mount.readonly`: a path is bound there, for reading", () => {
    expect(seen().inside("bind")).toMatch(/^hello.*Read-only file system/s);
  });

  it("`mount.tmpfs_options.size`, `mount.tmpfs_options.mode`: the tmpfs has them", () => {
    expect(seen().inside("tmpfs")).toMatch(/^tmpfs \/t tmpfs .*\s64\s.*\n750$/s);
  });

  it("`mounts`: means the same as mount", () => {
    expect(seen().inside("older")).toMatch(/^tmpfs \/older tmpfs /);
  });
});

describe("in a task with leave for volumes", () => {
  const names = { plain: `longshore-${randomUUID()}`, driven: `longshore-${randomUUID()}` };
  const shared = join(bed().folder, `shared-${randomUUID()}`);
  const { key, value } = bed().runLabel;
  beforeAll(() => {
    mkdirSync(shared);
    execFileSync("mount", ["-t", "tmpfs", "longshore-test", shared]);
    execFileSync("mount", ["--make-shared", shared]);
  });
  const seen = look({
    agent: volumes,
    config: {
      volume_driver: "local",
      volumes: [`${names.driven}:/driven`],
      mount: [
        { type: "bind", target: "/slave", source: shared, bind_options: { propagation: "rslave" } },
        {
          type: "volume",
          target: "/etc/ssl-like",
          source: names.plain,
          volume_options: {
            no_copy: true,
            labels: { [key]: value, color: "blue" },
            driver_config: { name: "local", options: { type: "tmpfs", device: "tmpfs", o: "size=128k" } },
          },
        },
        { type: "volume", target: "/bin/sub" },
      ],
    },
    see: {
      slave: "grep ' /slave ' /proc/self/mountinfo",
      volume: "df -k /etc/ssl-like | tail -1",
      driven: "grep ' /driven ' /proc/mounts",
    },
  });
  const readVolume = async (name: string) =>
    (await callEngineOk(bed().socket, "GET", `/volumes/${name}`)) as Readonly<Record<string, unknown>>;

  afterAll(async () => {
    execFileSync("umount", [shared]);
    for (const name of Object.values(names)) await callEngine(bed().socket, "DELETE", `/volumes/${name}`);
  });

  it("`mount.bind_options.propagation`: the mount follows the host's", () => {
    expect(seen().inside("slave")).toMatch(/ master:\d+ /);
  });

  it("`mount.volume_options.labels`, `mount.volume_options.driver_config.name`, `mount.volume_options.driver_config.options`: the new volume has them", async () => {
    expect(await readVolume(names.plain)).toMatchObject({
      Driver: "local",
      Labels: { color: "blue" },
      Options: { type: "tmpfs", device: "tmpfs", o: "size=128k" },
    });
    expect(seen().inside("volume")).toMatch(/^tmpfs\s+128\s/);
  });

  it("`volume_driver`: makes the named volume", async () => {
    expect(await readVolume(names.driven)).toMatchObject({ Driver: "local" });
    expect(seen().inside("driven")).toContain(" /driven ");
  });
});

describe("a new volume over files of the image", () => {
  const mount = (no_copy: boolean) => ({ target: "/etc", volume_options: { no_copy } });
  const copied = look({ agent: volumes, config: { mount: [mount(false)] }, see: { files: "ls /etc" } });
  const empty = look({ agent: volumes, config: { mount: [mount(true)] }, see: { files: "ls /etc" } });

  it("`mount.volume_options.no_copy`: leaves them out", () => {
    expect(copied().inside("files")).toContain("image-id");
    expect(empty().inside("files")).not.toContain("image-id");
  });
});
