import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeGroup, makeJob, makeTask } from "../../test/agent/jobs.ts";
import type { Task } from "../jobfile/job.ts";
import type { AllocPorts } from "./alloc-ports.ts";
import { buildTaskEnv, containerDirs, type TaskEnvInput } from "./task-env.ts";

function build(task: Task, overrides: Partial<TaskEnvInput> = {}): Readonly<Record<string, string>> {
  const group = overrides.group ?? makeGroup("g", [task]);
  return buildTaskEnv({
    job: makeJob([group]),
    group,
    task,
    alloc: { id: "01234567-89ab-cdef-0123-456789abcdef", name: "job.g[2]", index: 2 },
    ports: { group: [], tasks: {} },
    dirs: containerDirs,
    datacenter: "dc1",
    hostAddress: "10.0.0.1",
    cpuMhz: 250,
    cpuCores: "",
    node: new Map([["attr.cpu.arch", "amd64"]]),
    templateEnv: {},
    ...overrides,
  }).env;
}

describe("a task's environment", () => {
  test("tells where it is and what it may use", () => {
    expect(build(makeTask("web"))).toEqual({
      NOMAD_ALLOC_DIR: "/alloc",
      NOMAD_TASK_DIR: "/local",
      NOMAD_SECRETS_DIR: "/secrets",
      NOMAD_CPU_LIMIT: "250",
      NOMAD_MEMORY_LIMIT: "64",
      NOMAD_ALLOC_ID: "01234567-89ab-cdef-0123-456789abcdef",
      NOMAD_SHORT_ALLOC_ID: "01234567",
      NOMAD_ALLOC_NAME: "job.g[2]",
      NOMAD_ALLOC_INDEX: "2",
      NOMAD_TASK_NAME: "web",
      NOMAD_GROUP_NAME: "g",
      NOMAD_JOB_ID: "job",
      NOMAD_JOB_NAME: "job",
      NOMAD_DC: "dc1",
      NOMAD_REGION: "global",
      NOMAD_NAMESPACE: "default",
    });
  });

  test("tells of cores and of the upper memory limit only where there are any", () => {
    const resources = { cpuMhz: 100, cores: 2, memoryMb: 64, memoryMaxMb: 128, network: undefined };
    expect(build(makeTask("web", { resources }), { cpuCores: "0-1" })).toMatchObject({
      NOMAD_CPU_CORES: "0-1",
      NOMAD_MEMORY_MAX_LIMIT: "128",
    });
  });

  test("has a group's mapped port as the container sees it, and the host's side", () => {
    const ports: AllocPorts = {
      group: [
        { label: "http", value: 20_001, to: 8080, hostIp: "10.0.0.1" },
        { label: "admin", value: 20_002, to: 0, hostIp: "::1" },
      ],
      tasks: {},
    };
    expect(build(makeTask("web"), { ports })).toMatchObject({
      NOMAD_PORT_http: "8080",
      NOMAD_ALLOC_PORT_http: "8080",
      NOMAD_IP_http: "10.0.0.1",
      NOMAD_ADDR_http: "10.0.0.1:20001",
      NOMAD_HOST_IP_http: "10.0.0.1",
      NOMAD_HOST_PORT_http: "20001",
      NOMAD_HOST_ADDR_http: "10.0.0.1:20001",
      NOMAD_PORT_admin: "20002",
      NOMAD_ADDR_admin: "[::1]:20002",
    });
  });

  const network = {
    ip: "10.0.0.1",
    reservedPorts: [{ label: "fixed", value: 8080 }],
    dynamicPorts: [
      { label: "http", value: 20_001 },
      { label: "6379", value: 20_002, to: 6379 },
    ],
  };
  const spec = (style: "2015" | "2019"): Task["resources"] => ({
    cpuMhz: 100,
    cores: 0,
    memoryMb: 64,
    memoryMaxMb: 0,
    network: { style, reservedPorts: [], dynamicPorts: [] },
  });

  test("has the host's ports in the 2015 style, by label as written and in upper case, without reserved ones", () => {
    const task = makeTask("web", { resources: spec("2015") });
    const group = makeGroup("g", [task]);
    const env = build(task, {
      group,
      job: makeJob([group], { seedStyle: true }),
      ports: { group: [], tasks: { web: network } },
    });
    expect(env).toMatchObject({
      NOMAD_IP: "10.0.0.1",
      NOMAD_PORT_http: "20001",
      NOMAD_PORT_HTTP: "20001",
      NOMAD_PORT_6379: "20002",
      NOMAD_ALLOC_PORT_6379: "6379",
    });
    expect(Object.keys(env).filter((name) => name.toLowerCase().includes("fixed"))).toEqual([]);
  });

  test("has reserved ports, too, in the 2019 style, and other tasks' ports under their names", () => {
    const task = makeTask("web", { resources: spec("2019") });
    const group = makeGroup("g", [task, makeTask("my-db")]);
    const ports = { group: [], tasks: { web: network, "my-db": network } };
    expect(build(task, { group, ports })).toMatchObject({
      NOMAD_PORT_fixed: "8080",
      NOMAD_ADDR_fixed: "10.0.0.1:8080",
      NOMAD_IP_my_db_http: "10.0.0.1",
      NOMAD_PORT_my_db_http: "20001",
      NOMAD_ADDR_my_db_http: "10.0.0.1:20001",
    });
  });

  test("has meta of job, group and task, the nearest first, in both spellings", () => {
    const task = makeTask("web", { meta: { "who-is": "task ${NOMAD_ALLOC_INDEX}" } });
    const group = makeGroup("g", [task], { meta: { "who-is": "group", tier: "group" } });
    const env = build(task, {
      group,
      job: makeJob([group], { meta: { tier: "job", top: "${attr.cpu.arch}" } }),
    });
    expect(env).toMatchObject({
      NOMAD_META_who_is: "task 2",
      NOMAD_META_WHO_IS: "task 2",
      NOMAD_META_tier: "group",
      NOMAD_META_TIER: "group",
      NOMAD_META_TOP: "amd64",
    });
  });

  test("has the task's own variables last, which may name each other and what is told", () => {
    const env = {
      A: "${B}/a",
      B: "${NOMAD_TASK_NAME}",
      NOMAD_DC: "<${NOMAD_DC}>",
      LOOP1: "${LOOP2}",
      LOOP2: "${LOOP1}",
      NONE: "${NOT_THERE}",
      constructor: "own",
    };
    expect(build(makeTask("web", { env }))).toMatchObject({
      A: "web/a",
      B: "web",
      NOMAD_DC: "<dc1>",
      LOOP1: "${LOOP1}",
      NONE: "${NOT_THERE}",
      constructor: "own",
    });
  });

  test("has templates' variables on top of all", () => {
    expect(build(makeTask("web", { env: { A: "env" } }), { templateEnv: { A: "template" } }).A).toBe(
      "template",
    );
  });

  test("ends for any variables that name each other", () => {
    const name = fc.constantFrom("A", "B", "C", "D");
    const value = fc.array(
      fc.oneof(
        name.map((other) => `\${${other}}`),
        fc.string({ maxLength: 3 }),
      ),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          name,
          value.map((parts) => parts.join("")),
          { noNullPrototype: true },
        ),
        (env) => {
          expect(Object.keys(build(makeTask("web", { env })))).toEqual(
            expect.arrayContaining(Object.keys(env)),
          );
        },
      ),
    );
  });

  test("is refused when its values multiply past all reason", () => {
    const env = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`V${index}`, `\${V${index + 1}}\${V${index + 1}}`]),
    );
    expect(() => build(makeTask("web", { env: { ...env, V40: "0123456789" } }))).toThrow("longer than 1 MiB");
  });
});
