import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { bed, pushImage, removeImage, until } from "../bed/index.ts";
import { openSession } from "./session.ts";
import { makeWireTask } from "./tasks.ts";

const program = bed().plugin;

it("an image that waits for its removal when the plugin is killed is removed by the next one", async () => {
  const { registryHost, socket, folder } = bed();
  const name = `wire-${randomUUID().slice(0, 8)}`;
  const { reference: image } = await pushImage({ registry: registryHost, name, tag: "1" });
  await using engine = createEngine({ endpoint: `unix://${socket}` });
  const has = async () =>
    await engine.inspectImage(image).then(
      () => true,
      () => false,
    );
  const allocDirs = join(folder, `allocs-${name}`);
  const makeTask = async (driverConfig: Readonly<Record<string, unknown>>) => {
    const allocId = randomUUID();
    const overrides = { allocId, allocDir: join(allocDirs, allocId) };
    return await makeWireTask("true", { driverConfig, overrides });
  };
  try {
    await using first = await openSession(program, { config: { gc: { image_delay: "1h" } } });
    const { config: user } = await makeTask({ image });
    await first.driver.startTask({ task: user });
    await first.driver.waitTask({ taskId: user.id });
    await first.driver.destroyTask({ taskId: user.id, force: false });
    first.plugin.child.kill("SIGKILL");
    await first.plugin.ended;
    expect(await has()).toBe(true);

    await using next = await openSession(program, { config: { gc: { image_delay: "0s" } } });
    const filters = { type: ["image"], event: ["delete"] };
    const removals = engine.events({ filters, sinceNs: BigInt(Date.now()) * 1_000_000n });
    const { config: other } = await makeTask({});
    next.own(other.id);
    await next.driver.startTask({ task: other });
    const isGone = async function* () {
      for await (const _ of removals) yield !(await has());
    };
    await until(isGone(), (gone) => gone);
  } finally {
    await removeImage(socket, image);
  }
});
