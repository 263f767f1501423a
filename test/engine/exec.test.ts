import { expect, it } from "vitest";
import { collect, openEngine, startContainer, toText } from "./set-up.ts";

it("a command's two streams come apart, and its exit code is told", async () => {
  await using engine = openEngine();
  await using container = await startContainer(engine, "sleep 1000");
  const request = { command: ["sh", "-c", "echo out; echo err >&2; exit 3"], tty: false, stdin: false };
  const id = await engine.createExec(container.id, request);
  const session = await engine.startExec(id, { tty: false, stdin: false });
  const output = await collect(session.output);
  expect(toText(output.filter(({ stream }) => stream === "stdout"))).toBe("out\n");
  expect(toText(output.filter(({ stream }) => stream === "stderr"))).toBe("err\n");
  expect(await engine.inspectExec(id)).toMatchObject({ running: false, exitCode: 3 });
});

it("a command reads its input to the end and goes on writing after it", async () => {
  await using engine = openEngine();
  await using container = await startContainer(engine, "sleep 1000");
  const command = ["sh", "-c", 'n=$(wc -c); echo "read $n"'];
  const id = await engine.createExec(container.id, { command, tty: false, stdin: true });
  const session = await engine.startExec(id, { tty: false, stdin: true });
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  for (let n = 0; n < 4; n++) await session.write(megabyte);
  session.endInput();
  expect(toText(await collect(session.output))).toBe(`read ${4 * 1024 * 1024}\n`);
});

it("a command has a terminal of the size given", async () => {
  await using engine = openEngine();
  await using container = await startContainer(engine, "sleep 1000");
  const command = ["sh", "-c", "read -r line; stty size; echo $line"];
  const id = await engine.createExec(container.id, { command, tty: true, stdin: true });
  const session = await engine.startExec(id, { tty: true, stdin: true });
  await session.resize({ columns: 91, rows: 17 });
  await session.write(Buffer.from("hello\n"));
  const output = toText(await collect(session.output));
  expect(output).toContain("17 91");
  expect(output.trimEnd()).toMatch(/hello$/);
});

it("a reader who leaves, or aborts, lets go of the connection", async () => {
  await using engine = openEngine();
  await using container = await startContainer(engine, "sleep 1000");
  const request = { command: ["sh", "-c", "while :; do echo x; sleep 0.01; done"], tty: false, stdin: false };
  const left = await engine.startExec(await engine.createExec(container.id, request), request);
  for await (const _piece of left.output) break;
  const controller = new AbortController();
  const options = { ...request, signal: controller.signal };
  const aborted = await engine.startExec(await engine.createExec(container.id, request), options);
  const reading = (async () => {
    for await (const _piece of aborted.output) controller.abort();
  })();
  await expect(reading).rejects.toMatchObject({ kind: "canceled" });
});

it("a command in a container that does not run is a conflict", async () => {
  await using engine = openEngine();
  await using container = await startContainer(engine, "sleep 1000");
  await engine.stopContainer(container.id, { graceMs: 0 });
  const request = { command: ["true"], tty: false, stdin: false };
  await expect(engine.createExec(container.id, request)).rejects.toMatchObject({ kind: "conflict" });
});

it("a command that the engine does not know is not-found", async () => {
  await using engine = openEngine();
  await expect(engine.startExec("nonesuch", { tty: false, stdin: false })).rejects.toMatchObject({
    kind: "not-found",
    message: expect.stringContaining("nonesuch"),
  });
});
