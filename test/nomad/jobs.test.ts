import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import {
  describeNomad,
  eventually,
  findContainer,
  findContainers,
  hasEnded,
  isNomadSince,
  isRunning,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  toMessages,
  untilAlloc,
  untilLogged,
  useNomad,
  waitScript,
} from "./bed/index.ts";

describeNomad("jobs in a Nomad cluster", () => {
  const { socket } = bed();
  const cluster = useNomad(() => startNomadAgent({ socket }));

  const webJob = (more = "", script = waitScript) => shellJob({ id: "web", script, more });

  test("job plan tells what job run would do, and job run does it", async () => {
    const plan = await cluster.server.nomad(["job", "plan", "-"], { input: webJob(), code: 1 });
    expect(plan.stdout).toContain("All tasks successfully allocated");
    const alloc = await runJob(cluster.server, webJob());
    expect(toMessages(alloc)).toContain("Task started by client");
    const again = await cluster.server.nomad(["job", "plan", "-"], { input: webJob() });
    expect(again.stdout).toContain("ignore");
  });

  test("an update in place keeps the container", async () => {
    const before = await untilAlloc(cluster.server, "web", isRunning);
    const container = await findContainer(socket, before);
    const update = webJob('kill_timeout = "3s"');
    const plan = await cluster.server.nomad(["job", "plan", "-"], { input: update, code: 0 });
    expect(plan.stdout).toContain("in-place update");
    const alloc = await runJob(cluster.server, update, ({ JobVersion }) => JobVersion === 1);
    expect(alloc.ID).toBe(before.ID);
    expect(await findContainer(socket, alloc)).toMatchObject({
      Id: container.Id,
      State: { StartedAt: container.State.StartedAt },
    });
  });

  test("a destructive update replaces it, and the old one is removed", async () => {
    const before = await untilAlloc(cluster.server, "web", isRunning);
    const update = webJob('env {\n COLOR = "green"\n}');
    const alloc = await runJob(
      cluster.server,
      update,
      (each) => each.JobVersion === 2 && isRunning(each) && each.ID !== before.ID,
    );
    expect((await findContainer(socket, alloc)).Config.Env).toContain("COLOR=green");
    await untilAlloc(cluster.server, "web", (each) => each.ID === before.ID && hasEnded(each));
    expect(await findContainers(socket, before.ID)).toEqual([]);
  });

  test("alloc status tells a task's story in sentences", async () => {
    const script = "echo to the log; exit 3";
    const alloc = await runJob(cluster.server, shellJob({ id: "fails", type: "batch", script }), hasEnded);
    const { stdout } = await cluster.server.nomad(["alloc", "status", alloc.ID]);
    expect(stdout).toMatch(/Started +Task started by client/);
    expect(stdout).toContain(
      'Exit Code: 3, Exit Message: "Docker container exited with non-zero exit code: 3"',
    );
    expect(stdout).not.toMatch(/undefined|\[object|null/);
  });

  test("alloc logs shows what a task wrote, and with -f what it writes", async () => {
    const script = "echo out; echo err >&2; n=0; while :; do n=$((n+1)); echo line $n; sleep 0.2; done";
    const alloc = await runJob(cluster.server, shellJob({ id: "talks", script }));
    await untilLogged(cluster.server, alloc, "line 1\n");
    const { stdout } = await cluster.server.nomad(["alloc", "logs", alloc.ID, "app"]);
    expect(stdout).toMatch(/^out\nline 1\n/);
    expect((await cluster.server.nomad(["alloc", "logs", "-stderr", alloc.ID])).stdout).toBe("err\n");
    const followed = await cluster.server.nomadUntil(["alloc", "logs", "-f", alloc.ID], (output) =>
      output.includes("line 5\n"),
    );
    expect(followed).toContain("out\nline 1\nline 2\nline 3\nline 4\nline 5\n");
    await stopJob(cluster.server, "talks");
  });

  test("alloc restart starts a new container in the same allocation, and its log goes on", async () => {
    const alloc = await runJob(cluster.server, shellJob({ id: "restarted", script: waitScript }));
    const before = await findContainer(socket, alloc);
    await untilLogged(cluster.server, alloc, "ready\n");
    await cluster.server.nomad(["alloc", "restart", alloc.ID, "app"]);
    await untilLogged(cluster.server, alloc, "ready\nready\n");
    const [after] = await findContainers(socket, alloc.ID);
    expect(after?.Id).not.toBe(before.Id);
  });

  test("job stop -purge leaves neither job nor container, and system gc no folder", async () => {
    const alloc = await untilAlloc(cluster.server, "restarted", isRunning);
    await cluster.server.nomad(["job", "stop", "-purge", "restarted"]);
    await cluster.server.nomad(["job", "status", "restarted"], { code: 1 });
    await eventually(async () => (await findContainers(socket, alloc.ID)).length === 0);
    // It takes only what the server knows to have ended.
    await eventually(async () => {
      await cluster.server.nomad(["system", "gc"]);
      return !existsSync(cluster.client.allocDir(alloc.ID));
    });
  });

  test("lifecycle hooks run in their order", async () => {
    const note = (name: string) => `echo ${name} >> /alloc/data/order`;
    const hook = (name: string, when: string, script = note(name)) => ({
      name,
      script,
      more: `lifecycle {\n hook = "${when}"\n}`,
    });
    const job = shellJob({
      id: "hooks",
      type: "batch",
      // Poststart may begin a moment after the main task.
      script: `${note("main")}; until grep -q after /alloc/data/order; do sleep 0.1; done`,
      tasks: [
        hook("before", "prestart"),
        hook("after", "poststart"),
        hook("last", "poststop", `${note("last")}; cat /alloc/data/order`),
      ],
    });
    const alloc = await runJob(cluster.server, job, hasEnded);
    expect(alloc.ClientStatus).toBe("complete");
    const { stdout } = await cluster.server.nomad(["alloc", "logs", alloc.ID, "last"]);
    expect(stdout).toBe("before\nmain\nafter\nlast\n");
  });

  test("kill_signal, kill_timeout and shutdown_delay end a task as the job says", async () => {
    const script =
      "trap 'echo hup' HUP; trap 'echo term' TERM; echo ready; while :; do sleep 1000 & wait; done";
    const more = 'kill_signal = "SIGHUP"\nkill_timeout = "1s"\nshutdown_delay = "1s"';
    const alloc = await runJob(cluster.server, shellJob({ id: "stubborn", script, more }));
    await untilLogged(cluster.server, alloc, "ready");
    await stopJob(cluster.server, "stubborn");
    const ended = await untilAlloc(cluster.server, "stubborn", hasEnded);
    expect((await cluster.server.nomad(["alloc", "logs", alloc.ID])).stdout).toBe("ready\nhup\n");
    const messages = toMessages(ended);
    if (isNomadSince("1.5")) expect(messages).toContainEqual(expect.stringContaining("shutdown_delay of 1s"));
    expect(messages).toContainEqual(expect.stringContaining("Exit Code: 137"));
  });

  test("batch, system, periodic and parameterized jobs run", async () => {
    const batch = await runJob(
      cluster.server,
      shellJob({ id: "batch", type: "batch", script: "echo done" }),
      hasEnded,
    );
    expect(batch.ClientStatus).toBe("complete");
    await runJob(cluster.server, shellJob({ id: "system", type: "system", script: waitScript }));
    await stopJob(cluster.server, "system");

    const periodic = shellJob({
      id: "nightly",
      type: "batch",
      script: "echo night",
      job: 'periodic {\n cron = "0 0 1 1 *"\n}',
    });
    await cluster.server.nomad(["job", "run", "-detach", "-"], { input: periodic });
    await cluster.server.nomad(["job", "periodic", "force", "-detach", "nightly"]);
    const [child] = await cluster.server.api.until<readonly { readonly ID: string }[]>(
      "/v1/jobs?prefix=nightly/periodic",
      (jobs) => jobs.length > 0,
    );
    expect((await untilAlloc(cluster.server, child?.ID ?? "", hasEnded)).ClientStatus).toBe("complete");

    const parameterized = shellJob({
      id: "mail",
      type: "batch",
      script: 'echo "to $NOMAD_META_to:"; cat /local/letter',
      job: 'parameterized {\n payload = "required"\n meta_required = ["to"]\n}',
      more: 'dispatch_payload {\n file = "letter"\n}',
    });
    await cluster.server.nomad(["job", "run", "-"], { input: parameterized });
    const dispatch = ["job", "dispatch", "-detach", "-meta", "to=you", "mail", "-"];
    const { stdout } = await cluster.server.nomad(dispatch, { input: "hello" });
    const [, id = ""] = /Dispatched Job ID = (\S+)/.exec(stdout) ?? [];
    const sent = await untilAlloc(cluster.server, id, hasEnded);
    expect((await cluster.server.nomad(["alloc", "logs", sent.ID])).stdout).toBe("to you:\nhello");
  });
});
