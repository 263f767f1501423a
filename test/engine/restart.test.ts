import { expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { deferred, importImage, startPrivateEngine } from "../bed/index.ts";
import { collect, eachOf, errorOf, toText } from "./set-up.ts";

it.each(["stop", "kill"] as const)(
  "streams of an engine end with unavailable at its %s, and calls find it when it is back",
  async (how) => {
    await using daemon = await startPrivateEngine({ liveRestore: true });
    const image = await importImage(daemon.socket, { name: "longshore-test/restart", tag: "1" });
    await using engine = createEngine({ endpoint: daemon.endpoint });
    const { id } = await engine.createContainer("restart", {
      Image: image,
      Cmd: ["sh", "-c", "echo hello; sleep 1000"],
      HostConfig: { NetworkMode: "none" },
    });
    await engine.startContainer(id);
    const [opened, logged] = [deferred(), deferred()];
    const events = errorOf(collect(engine.events({ onOpen: () => opened.resolve() })));
    const logs = errorOf(
      (async () => {
        for await (const frame of eachOf(engine.containerLogs(id, { tty: false }))) {
          if (toText([frame]) === "hello\n") logged.resolve();
        }
      })(),
    );
    await Promise.all([opened.promise, logged.promise]);
    await daemon[how]();
    expect(await events).toMatchObject({ kind: "unavailable", retryable: true });
    expect(await logs).toMatchObject({ kind: "unavailable", retryable: true });
    expect(await errorOf(engine.inspectContainer(id))).toMatchObject({ kind: "unavailable" });
    await daemon.start();
    expect((await engine.inspectContainer(id)).State.Running).toBe(true);
    await engine.removeContainer(id, { force: true });
  },
);
