import { expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import {
  type AllocStub,
  countScript,
  describeNomad,
  eventually,
  findContainer,
  findLineFaults,
  noFaults,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  untilAlloc,
  untilLogged,
  useNomad,
} from "./bed/index.ts";

// Agents start several times in each.
describeNomad("a task that changes its driver", { timeout: 120_000 }, () => {
  const { socket } = bed();
  const cluster = useNomad(() => startNomadAgent({ socket, driver: "built-in" }));

  const facts = async (alloc: AllocStub) => {
    const { Id, State } = await findContainer(socket, alloc);
    return { Id, StartedAt: State.StartedAt };
  };
  const untilLine = async (alloc: AllocStub, number: number) =>
    await untilLogged(cluster.server, alloc, `line ${number}\n`);

  test("keeps its container from the built-in driver to Longshore and back", async () => {
    const alloc = await runJob(cluster.server, shellJob({ id: "moved", script: countScript }));
    const container = await facts(alloc);
    await untilLine(alloc, 50);
    expect(await cluster.client.processes("docker_logger")).toHaveLength(1);

    await cluster.client.stop();
    await cluster.client.start({ driver: "longshore" });
    await untilLine(alloc, 150);
    expect(await facts(alloc)).toEqual(container);
    await eventually(async () => (await cluster.client.processes("docker_logger")).length === 0);
    const { stdout } = await cluster.server.nomad(["alloc", "exec", alloc.ID, "echo", "by longshore"]);
    expect(stdout).toBe("by longshore\n");

    // An upgrade: the agent and its plugin begin anew.
    await cluster.client.stop();
    await cluster.client.start();
    const log = await untilLine(alloc, 250);
    expect(findLineFaults(log, "line")).toEqual(noFaults);
    expect(await facts(alloc)).toEqual(container);

    await cluster.client.stop();
    await cluster.client.start({ driver: "built-in" });
    await untilLogged(cluster.server, alloc, "line 400\n");
    expect(await facts(alloc)).toEqual(container);
    expect((await cluster.server.nomad(["alloc", "exec", alloc.ID, "echo", "back"])).stdout).toBe("back\n");
    const same = await untilAlloc(cluster.server, "moved", ({ ID }) => ID === alloc.ID);
    expect(same.TaskStates?.app).toMatchObject({ State: "running", Restarts: 0 });
    await stopJob(cluster.server, "moved");
  });

  test("that Longshore started is read and ended by the built-in driver", async () => {
    await cluster.client.stop();
    await cluster.client.start({ driver: "longshore" });
    const alloc = await runJob(cluster.server, shellJob({ id: "ours", script: countScript }));
    const container = await facts(alloc);
    await untilLine(alloc, 20);
    await cluster.client.stop();
    await cluster.client.start({ driver: "built-in" });
    await untilLine(alloc, 120);
    expect(await facts(alloc)).toEqual(container);
    await stopJob(cluster.server, "ours");
    expect(await cluster.client.processes("docker_logger")).toEqual([]);
  });

  test("goes over to log files that the driver writes itself, and no line is lost or comes twice", async () => {
    await cluster.client.stop();
    await cluster.client.start({ driver: "longshore", docker: "" });
    const alloc = await runJob(cluster.server, shellJob({ id: "direct", script: countScript }));
    const container = await facts(alloc);
    await untilLine(alloc, 20);
    await cluster.client.stop();
    await cluster.client.start({ docker: "logs {\n direct = true\n}" });
    await untilLine(alloc, 120);
    await cluster.client.stop();
    await cluster.client.start({ docker: "" });
    const log = await untilLine(alloc, 220);
    // For a moment two write the files, the agent's collector with what it still holds.
    expect(findLineFaults(log, "line")).toMatchObject({ ...noFaults, unordered: expect.any(Number) });
    expect(await facts(alloc)).toEqual(container);
    await stopJob(cluster.server, "direct");
  });
});
