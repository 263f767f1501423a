import { describe, expect, it } from "vitest";
import { bed } from "../bed/index.ts";
import { connect, spawnPlugin } from "./host.ts";
import { makeWireTask } from "./tasks.ts";

describe("a task's life over the wire", () => {
  const program = bed().plugin;

  it("goes from start over its output and exit to its removal", async () => {
    await using plugin = await spawnPlugin(program);
    using host = connect(plugin);
    const info = await host.base.pluginInfo({});
    expect(info).toMatchObject({ name: "docker", type: 2, pluginApiVersions: ["0.1.0"] });
    await host.base.configSchema({});
    await host.base.setConfig({
      msgpackConfig: Buffer.alloc(0),
      nomadConfig: undefined,
      pluginApiVersion: "0.1.0",
    });
    const { config, stdout, stderr } = await makeWireTask("echo hello; echo oops >&2; exit 3");
    const { handle } = await host.driver.startTask({ task: config });
    expect(handle).toMatchObject({ version: 1, state: 1, config: { id: config.id } });
    const taskId = config.id;
    const exit = await host.driver.waitTask({ taskId });
    expect(exit).toEqual({
      result: { exitCode: 3, signal: 0, oomKilled: false },
      err: "Docker container exited with non-zero exit code: 3",
    });
    expect(await stdout.end()).toBe("hello\n");
    expect(await stderr.end()).toBe("oops\n");
    const status = await host.driver.inspectTask({ taskId });
    expect(status).toMatchObject({ task: { state: 2, result: { exitCode: 3 } } });
    await host.driver.destroyTask({ taskId, force: false });
    await expect(host.driver.inspectTask({ taskId })).rejects.toThrow("task not found for given id");
    await host.controller.shutdown({});
    expect(await plugin.ended).toBe(0);
  });
});
