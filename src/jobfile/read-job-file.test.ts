import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Job, ReadJob, Task } from "./job.ts";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../test/jobfile/fixtures/${name}`, import.meta.url));
}

function taskOf(job: Job, name: string): Task {
  const task = job.groups.flatMap((group) => group.tasks).find((one) => one.name === name);
  if (task === undefined) throw new Error(`no task ${name}`);
  return task;
}

function lineOf(read: ReadJob, path: readonly (string | number)[]): string | undefined {
  return read.locate(path).sourceLine?.trim();
}

describe("a file of today", async () => {
  const read = await readJobFile({ file: fixture("today.nomad.hcl") });
  const { job } = read;
  const [group] = job.groups;

  it("has the job's own keys, with defaults", () => {
    expect(job).toMatchObject({
      id: "cache",
      name: "The cache",
      type: "service",
      priority: 70,
      region: "global",
      namespace: "default",
      datacenters: ["dc1", "dc2"],
      meta: { owner: "team-a", level: "3" },
      seedStyle: false,
    });
  });

  it("has the group with its network, restart policy, volume and meta written as an attribute", () => {
    expect(group).toMatchObject({
      name: "web",
      count: 2,
      restart: { attempts: 5, intervalMs: 600_000, delayMs: 1500, mode: "delay" },
      meta: { "a.b": "dotted" },
      volumes: [{ name: "data", type: "host", source: "cache-data", readOnly: true }],
    });
    expect(group?.network).toEqual({
      mode: "bridge",
      hostname: "",
      ports: [
        { label: "http", static: undefined, to: 8080, hostNetwork: "" },
        { label: "admin", static: undefined, to: undefined, hostNetwork: "private" },
      ],
      dns: { servers: ["10.0.0.2"], searches: [], options: [] },
    });
  });

  it("evaluates variables, locals, functions, for-expressions and dynamic blocks, and leaves what the task's start knows", () => {
    expect(taskOf(job, "redis").config).toEqual({
      image: "library/redis:7.2",
      ports: ["http", "admin"],
      args: ["--port", "${NOMAD_PORT_http}", "--name", '${env["HOSTNAME"]}-${meta.owner}'],
      labels: [{ "colour-blue": "BLUE", "colour-green": "GREEN" }],
      mount: [
        { type: "bind", source: "a", target: "/a", bind_options: [{ propagation: "rprivate" }] },
        { type: "bind", source: "b", target: "/b", bind_options: [{ propagation: "rprivate" }] },
      ],
      logging: [{ type: "json-file", config: [{ "max-size": "1m" }] }],
    });
    expect(taskOf(job, "redis").env).toEqual({
      GREETING: "hello 7.2",
      LITERAL: "${NOMAD_TASK_NAME}",
      COUNT: "3",
    });
  });

  it("has the task's keys in milliseconds and megabytes", () => {
    expect(taskOf(job, "redis")).toMatchObject({
      driver: "docker",
      leader: true,
      user: "redis",
      killTimeoutMs: 20_000,
      killSignal: "SIGINT",
      shutdownDelayMs: 250,
      lifecycle: undefined,
      restart: { attempts: 1, intervalMs: 600_000, delayMs: 1500, mode: "delay" },
      logs: { maxFiles: 3, maxFileSizeMb: 2, disabled: false },
      resources: { cpuMhz: 250, cores: 0, memoryMb: 128, memoryMaxMb: 256, network: undefined },
      artifacts: [
        {
          source: "https://example.com/a.tar.gz",
          destination: "local/a",
          options: { checksum: "md5:d41d8cd98f00b204e9800998ecf8427e" },
          mode: "any",
        },
      ],
      volumeMounts: [{ volume: "data", destination: "/data", readOnly: false, propagationMode: "private" }],
    });
  });

  it("gives a task without resources the defaults", () => {
    expect(taskOf(job, "init")).toMatchObject({
      lifecycle: { hook: "prestart", sidecar: false },
      resources: { cpuMhz: 100, memoryMb: 300 },
      killTimeoutMs: 5000,
      killSignal: undefined,
    });
  });

  it("takes the indentation off a heredoc and keeps the template's own braces", () => {
    expect(taskOf(job, "redis").templates).toEqual([
      {
        data: 'port {{ env "NOMAD_PORT_http" }}\n  indented\n',
        source: undefined,
        destination: "local/app.conf",
        changeMode: "signal",
        changeSignal: "SIGHUP",
        changeScript: undefined,
        once: false,
        splayMs: 5000,
        wait: undefined,
        env: false,
        perms: 0o600,
        uid: undefined,
        gid: undefined,
        leftDelimiter: "{{",
        rightDelimiter: "}}",
        missingKeyIsError: false,
      },
      expect.objectContaining({
        data: undefined,
        source: "local/in.tpl",
        env: true,
        changeMode: "restart",
        perms: 0o644,
      }),
    ]);
  });

  it("lists once what has no effect on one machine", () => {
    expect(read.noEffect.map(({ key, range }) => [key, range?.line])).toEqual([
      ["priority", 38],
      ["constraint", 45],
      ["update", 50],
      ['group "web" > service', 84],
    ]);
  });

  it("finds the place of a key, of a part of its value, and of the block around when it is not written", () => {
    const config = ["group", "web", "task", "redis", "config"];
    expect(lineOf(read, [...config, "image"])).toBe("image  = local.image");
    expect(read.locate([...config, "ports", 1]).range).toMatchObject({
      line: 120,
      column: 27,
      endColumn: 34,
    });
    expect(lineOf(read, [...config, "mount", 1, "target"])).toBe("target = mount.value.target");
    expect(lineOf(read, [...config, "logging", 0, "config", 0, "max-size"])).toBe('max-size = "1m"');
    expect(lineOf(read, ["group", "web", "task", "redis", "resources", "memory"])).toBe("memory     = 128");
    expect(lineOf(read, ["group", "web", "task", "redis", "resources", "cores"])).toBe("resources {");
    expect(lineOf(read, ["group", "web", "network", "port", "admin"])).toBe('port "admin" {');
    expect(lineOf(read, ["priority"])).toBe("priority    = 70");
  });
});

describe("a file of 2015", async () => {
  const read = await readJobFile({ file: fixture("seed.nomad") });

  it("makes a task directly in the job a group of its name", () => {
    expect(read.job.seedStyle).toBe(true);
    expect(read.job.groups.map((group) => [group.name, group.count, group.tasks.length])).toEqual([
      ["redis", 1, 1],
      ["cache", 3, 1],
    ]);
  });

  it("takes numbers and texts as dynamic ports, a numeric label as the container's port", () => {
    expect(taskOf(read.job, "redis").resources.network).toEqual({
      style: "2015",
      reservedPorts: [{ label: "2222", static: 2222, to: undefined, hostNetwork: "" }],
      dynamicPorts: [
        { label: "6379", static: undefined, to: 6379, hostNetwork: "" },
        { label: "http", static: undefined, to: undefined, hostNetwork: "" },
        { label: "7000", static: undefined, to: 7000, hostNetwork: "" },
      ],
    });
  });

  it("takes args as one text, quoted keys in blocks, and bare numbers as seconds", () => {
    const task = taskOf(read.job, "redis");
    expect(task.config.args).toBe("--port 6379 --name '${NOMAD_META_foo}'");
    expect(read.job.meta).toEqual({ "a.b": "c", foo: "bar" });
    expect(task.killTimeoutMs).toBe(20_000);
    expect(read.job.groups[1]?.restart).toEqual({
      attempts: 10,
      intervalMs: 300_000,
      delayMs: 25_000,
      mode: "fail",
    });
  });

  it("finds the place of a task that has no group in the file", () => {
    expect(lineOf(read, ["group", "redis", "task", "redis", "config", "image"])).toBe(
      'image = "redis:latest"',
    );
  });

  it("lists iops and mbits among what has no effect", () => {
    expect(read.noEffect.map(({ key }) => key)).toEqual([
      "constraint",
      "update",
      'task "redis" > resources > iops',
      'task "redis" > resources > network > mbits',
    ]);
  });
});

describe("a file of 2019", () => {
  it("has port blocks in the task's network and port_map in its config", async () => {
    const { job } = await readJobFile({ file: fixture("style-2019.nomad") });
    const task = taskOf(job, "redis");
    expect(job.seedStyle).toBe(false);
    expect(task.config.port_map).toEqual([{ db: 6379 }]);
    expect(task.resources.network).toEqual({
      style: "2019",
      reservedPorts: [{ label: "admin", static: 9000, to: undefined, hostNetwork: "" }],
      dynamicPorts: [{ label: "db", static: undefined, to: undefined, hostNetwork: "" }],
    });
  });
});

describe("JSON that mirrors HCL", async () => {
  const read = await readJobFile({ file: fixture("mirror.nomad.json") });

  it("means what the HCL would", () => {
    expect(read.job.meta).toEqual({ "a.b": "c", d: "1" });
    expect(read.job.groups[0]?.count).toBe(2);
    expect(taskOf(read.job, "app")).toMatchObject({
      config: {
        image: "redis:7",
        ports: ["http"],
        args: ["${NOMAD_PORT_http}", "${HOME}"],
        mount: [{ type: "tmpfs", target: "/t" }],
      },
      env: { A: "b" },
      resources: { cpuMhz: 200, memoryMb: 64 },
    });
  });

  it("has places", () => {
    const place = read.locate(["group", "web", "task", "app", "config", "mount", 0, "target"]);
    expect(place.range).toMatchObject({ line: 19, column: 56 });
  });
});

describe("JSON of Nomad's API", async () => {
  const read = await readJobFile({ file: fixture("api.json") });

  it("means what the job file would", () => {
    expect(read.job).toMatchObject({ id: "example", type: "service", priority: 50, datacenters: ["dc1"] });
    expect(read.job.groups[0]).toMatchObject({
      name: "cache",
      count: 1,
      restart: { attempts: 2, intervalMs: 1_800_000, delayMs: 15_000, mode: "fail" },
      network: {
        mode: "host",
        ports: [
          { label: "db", static: undefined, to: 6379 },
          { label: "x", static: 8080, to: undefined },
        ],
      },
      volumes: [{ name: "data", type: "host", source: "/srv", readOnly: false }],
    });
    expect(taskOf(read.job, "redis")).toMatchObject({
      config: {
        image: "redis:7",
        ports: ["db"],
        args: ["a", "${NOMAD_PORT_db}"],
        mount: [{ type: "tmpfs" }],
      },
      env: { A: "b" },
      resources: { cpuMhz: 500, memoryMb: 256, network: undefined },
      killTimeoutMs: 5000,
      leader: true,
      logs: { maxFiles: 3, maxFileSizeMb: 5 },
      templates: [{ data: "x", source: undefined, destination: "local/x", perms: 0o600 }],
      volumeMounts: [{ volume: "data", destination: "/data" }],
    });
  });

  it("may come without the object around the job", async () => {
    const text = JSON.stringify({
      ID: "a",
      TaskGroups: [{ Name: "g", Tasks: [{ Name: "t", Driver: "docker", Config: { image: "x" } }] }],
    });
    const { job } = await readJobFile({ name: "bare.json", text });
    expect(job).toMatchObject({ id: "a", name: "a", groups: [{ name: "g", tasks: [{ name: "t" }] }] });
  });

  it("lists what has no effect, and not what a server wrote for itself", () => {
    expect(read.noEffect.map(({ key }) => key)).toEqual([
      "priority",
      "update",
      'group "cache" > task "redis" > service',
    ]);
  });
});

describe("jobs", () => {
  it("of type batch get the batch restart policy", async () => {
    const { job } = await readJobFile({
      name: "b",
      text: 'job "b" {\n type = "batch"\n group "g" {\n task "t" {\n driver = "docker"\n config {\n image = "x"\n}\n}\n}\n}',
    });
    expect(job.groups[0]?.restart).toEqual({
      attempts: 3,
      intervalMs: 86_400_000,
      delayMs: 15_000,
      mode: "fail",
    });
  });

  it("keep numbers in texts with all their digits", async () => {
    const { job } = await readJobFile({
      name: "n",
      text: 'job "n" {\n meta {\n id = 12345678901234567890\n half = 0.5\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}',
    });
    expect(job.meta).toEqual({ id: "12345678901234567890", half: "0.5" });
  });
});

describe("warnings", () => {
  async function warningsOf(meta: string): Promise<readonly string[]> {
    const text = `job "w" {\n meta {\n${meta}\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}`;
    const { warnings } = await readJobFile({ name: "w", text });
    return warnings.map(
      ({ range, summary, detail }) => `${range?.line}:${range?.column} ${summary}: ${detail}`,
    );
  }

  it("tell of references that nothing will ever know", async () => {
    expect(await warningsOf('a = "x ${vars.tag}"\nb = redis')).toEqual([
      "3:10 Unknown reference: Nothing is known by this name, so the text ${vars.tag} stays as it is. " +
        "References of a job file start with var, local, env, attr, meta, node or NOMAD_.",
      '4:5 Unknown reference: Nothing is known by this name, so the text ${redis} stays as it is. If a text is meant, write "redis".',
    ]);
  });

  it("are not given for what the task's start or its shell knows", async () => {
    expect(
      await warningsOf('a = "${HOME} ${attr.x} ${node.unique.id}"\nb = NOMAD_IP_x\nc = meta.y\nd = env["Z"]'),
    ).toEqual([]);
  });
});

describe("a config that the driver checks", () => {
  const faultsOf = async (config: string): Promise<readonly string[]> => {
    const text = `job "j" {\n group "g" {\n task "t" {\n driver = "docker"\n config {\n${config}\n}\n}\n}\n}`;
    const checkConfig = ({ image }: Readonly<Record<string, unknown>>) =>
      image === undefined ? [{ path: ["image"], message: "is required" }] : [];
    const thrown: unknown = await readJobFile({ name: "j", text }, { checkConfig }).catch((error) => error);
    return thrown instanceof JobFileError ? thrown.diagnostics.map(({ summary }) => summary) : [];
  };

  it("is told what it lacks", async () => {
    expect(await faultsOf("")).toEqual(["Invalid image"]);
  });

  it("is told nothing about a value that could not be found out, which is a fault of its own", async () => {
    expect(await faultsOf('image = "x:${var.nope}"')).toEqual(["Unsupported attribute"]);
  });
});

describe("a kill_timeout", () => {
  const warningsOf = async (timeout: string): Promise<readonly unknown[]> => {
    const text = `job "j" {\n group "g" {\n task "t" {\n driver = "docker"\n kill_timeout = "${timeout}"\n}\n}\n}`;
    const { warnings } = await readJobFile({ name: "j", text });
    return warnings.map(({ summary, range }) => [summary, range?.line]);
  };

  it("above the 30s that an agent waits at most is warned of", async () => {
    expect(await warningsOf("31s")).toEqual([["Long kill_timeout", 5]]);
    expect(await warningsOf("30s")).toEqual([]);
  });
});

describe("a group of no allocations", () => {
  it("takes no static port from another group", async () => {
    const group = (name: string, count: number): string =>
      `group "${name}" {\n count = ${count}\n network {\n port "x" {\n static = 80\n}\n}\n task "t" {\n driver = "docker"\n}\n}`;
    const { job } = await readJobFile({
      name: "j",
      text: `job "j" {\n${group("a", 0)}\n${group("b", 1)}\n}`,
    });
    expect(job.groups.map(({ count }) => count)).toEqual([0, 1]);
  });
});

describe("a network's keys that say nothing here", () => {
  const idleKeysOf = async (group: string, resources: string): Promise<readonly string[]> => {
    const text = `job "j" {\n group "g" {\n network {\n${group}\n}\n task "t" {\n driver = "docker"\n resources {\n network {\n${resources}\n}\n}\n}\n}\n}`;
    return (await readJobFile({ name: "j", text })).noEffect.map(({ key }) => key);
  };

  it("are listed: a hostname where the group has no network of its own, and what only groups have", async () => {
    const network = 'group "g" > task "t" > resources > network';
    expect(await idleKeysOf('hostname = "here"', 'mode = "bridge"\nhostname = "x"\ndns {\n}')).toEqual([
      'group "g" > network > hostname',
      `${network} > mode`,
      `${network} > hostname`,
      `${network} > dns`,
    ]);
  });

  it("are not listed where they count", async () => {
    expect(await idleKeysOf('mode = "bridge"\nhostname = "here"\ndns {\n}', "")).toEqual([]);
  });
});
