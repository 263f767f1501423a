import { describe, expect, it } from "vitest";
import { parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { silentLogger } from "../../src/task/index.ts";
import { makeShellTask, startDriver } from "../driver/driver-bed.ts";
import { problemsOf, sampleTask } from "../driver/sample-task.ts";

const secret = "hunter2-of-the-database";

/** All that can be read of an error: messages, hints, stacks and causes. */
function allOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    parts.push(at.message, at.stack ?? "", JSON.stringify(at));
  }
  return parts.join("\n");
}

describe("a secret of the environment", () => {
  it("is shown by its name where a key that it was put into does not hold", () => {
    const config = { extra_hosts: [secret], privileged: secret, network_mode: `ns:${secret}` };
    const found = problemsOf(() =>
      planContainer(sampleTask(config, { env: { PASSWORD: secret } }), { agentOptions: parseAgentOptions() }),
    );
    expect(found).toHaveLength(3);
    expect(found.join()).not.toContain(secret);
    expect(found.join()).toContain("${PASSWORD}");
  });

  it("is in no error of the engine's, no event and no log line", async () => {
    const lines: string[] = [];
    const take = (...words: unknown[]) => void lines.push(JSON.stringify(words));
    const logger = { ...silentLogger, debug: take, info: take, warn: take, error: take };
    await using bench = startDriver({ logger });
    const driverConfig = { command: `/bin/${secret}`, args: [] };
    const task = await makeShellTask("true", { env: { PASSWORD: secret }, driverConfig });
    const error: unknown = await bench.startTask(task).catch((reason: unknown) => reason);
    expect(allOf(error)).toContain("/bin/${PASSWORD}");
    expect(`${allOf(error)}${lines.join()}${JSON.stringify(bench.events)}`).not.toContain(secret);
  });
});

it("a secret of the environment is in no error of a command in the task", async () => {
  await using bench = startDriver();
  const task = await bench.start("sleep 600", { env: { PASSWORD: secret } });
  const run = async (command: readonly string[]) =>
    await bench.driver.execTask(task.id, { command, timeoutMs: 500 }).catch((reason: unknown) => reason);
  const late = allOf(await run(["sh", "-c", "sleep 600; true", secret]));
  expect(late).toContain('"sh -c sleep 600; true ${PASSWORD}" did not end within 0.5 s');
  expect(`${late}${allOf(await run([`/bin/${secret}`]))}`).not.toContain(secret);
});

describe("a registry's password", () => {
  it("is not shown where it is none", () => {
    const config = { auth: [{ username: "u", password: [secret] }] };
    const found = problemsOf(() => planContainer(sampleTask(config), { agentOptions: parseAgentOptions() }));
    expect(found.join()).toContain("config.auth.password: must be a string, not a list");
    expect(found.join()).not.toContain(secret);
  });
});
