import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import {
  type AllocStub,
  describeNomad,
  eventually,
  execInTask,
  findContainer,
  isNomadSince,
  isRunning,
  readResources,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  untilAlloc,
  untilLogged,
  useNomad,
  waitScript,
} from "./bed/index.ts";

const script = `
trap 'echo usr1' USR1
trap 'echo usr2' USR2
trap 'exit 0' TERM
echo "port $NOMAD_PORT_http"
mkdir -p /tmp/www && echo page > /tmp/www/index.html
httpd -p 8080 -h /tmp/www
echo ready
while :; do sleep 1000 & wait; done
`;

const hasVariables = isNomadSince("1.4");

const templateBlocks = `
      template {
        data        = "{{ with nomadVar \\"nomad/jobs/rich\\" }}{{ .word }}{{ end }}"
        destination = "local/signaled"
        change_mode = "signal"
        splay       = "0s"
        change_signal = "SIGUSR2"
      }
      template {
        data        = "{{ with nomadVar \\"nomad/jobs/rich\\" }}{{ .word }}{{ end }}"
        destination = "local/scripted"
        change_mode = "script"
        splay       = "0s"
        change_script {
          command = "/bin/sh"
          args    = ["-c", "cat /local/scripted > /alloc/data/by-script"]
        }
      }
`;

const taskBlocks = `
      ${hasVariables ? templateBlocks : ""}
      volume_mount {
        volume      = "shared"
        destination = "/shared"
      }
      resources {
        cpu        = 50
        memory     = 32
        memory_max = 64
      }
      user = "1000"
`;

const groupBlocks = `
    network {
      dns {
        servers = ["10.9.8.7"]
      }
      port "http" {
        to = 8080
      }
    }
    volume "shared" {
      type   = "host"
      source = "shared"
    }
`;

const config = `
        ports   = ["http"]
        devices = [{ host_path = "/dev/null", container_path = "/dev/other" }]
`;

describeNomad("a task in a Nomad cluster", () => {
  let alloc: AllocStub;
  const { socket } = bed();
  const shared = join(bed().folder, "nomad-shared");

  const cluster = useNomad(async () => {
    await mkdir(shared, { mode: 0o777 });
    const template = 'template {\n wait {\n min = "0s"\n max = "0s"\n }\n}';
    const client = `
      host_volume "shared" {
        path = "${shared}"
      }
      ${hasVariables ? template : ""}`;
    const docker = 'extra_labels = ["job_id", "namespace"]';
    return await startNomadAgent({ socket, client, docker });
  });
  beforeAll(async () => {
    // The command for it is younger than the setting.
    await cluster.server.api.put("/v1/operator/scheduler/configuration", {
      MemoryOversubscriptionEnabled: true,
    });
    if (hasVariables) await cluster.server.nomad(["var", "put", "nomad/jobs/rich", "word=one"]);
    alloc = await runJob(
      cluster.server,
      shellJob({ id: "rich", script, group: groupBlocks, more: taskBlocks, config }),
    );
    await untilLogged(cluster.server, alloc, "ready");
  });

  const inTask = (script: string) => execInTask(cluster.server, alloc, script);

  test("runs commands by alloc exec, with their input, streams and exit codes", async () => {
    expect(await inTask("echo hello")).toBe("hello\n");
    const piped = ["alloc", "exec", "-t=false", "-i", alloc.ID, "sh", "-c", "cat; echo err >&2; exit 7"];
    const { stdout, stderr } = await cluster.server.nomad(piped, { input: "from stdin\n", code: 7 });
    expect({ stdout, stderr }).toEqual({ stdout: "from stdin\n", stderr: "err\n" });
    const large = "x".repeat(300_000);
    const echoed = await cluster.server.nomad(["alloc", "exec", "-t=false", "-i", alloc.ID, "cat"], {
      input: large,
    });
    expect(echoed.stdout).toBe(large);
    const terminal = ["alloc", "exec", "-t", "-i", alloc.ID, "sh", "-c", "[ -t 1 ] && echo terminal"];
    expect((await cluster.server.nomad(terminal, { terminal: true })).stdout).toContain("terminal");
  });

  test("gets signals by alloc signal, and unknown ones are an error", async () => {
    await cluster.server.nomad(["alloc", "signal", "-s", "SIGUSR1", alloc.ID]);
    await untilLogged(cluster.server, alloc, "usr1\n");
    await cluster.server.nomad(["alloc", "signal", "-s", "SIGNONE", alloc.ID], { code: 1 });
    expect(isRunning(await untilAlloc(cluster.server, "rich", isRunning))).toBe(true);
  });

  test.skipIf(!hasVariables)("renders templates again, and is told by a signal or a script", async () => {
    await cluster.server.nomad(["var", "put", "-force", "nomad/jobs/rich", "word=two"]);
    await eventually(async () => (await inTask("cat /local/signaled")) === "two");
    await untilLogged(cluster.server, alloc, "usr2\n");
    const written = join(cluster.client.allocDir(alloc.ID), "alloc", "data", "by-script");
    await eventually(async () => (await readFile(written, "utf8").catch(() => "")) === "two");
  });

  test.skipIf(!hasVariables)("is restarted by a template that asks for it", async () => {
    const more = `
      template {
        data        = "{{ with nomadVar \\"nomad/jobs/again\\" }}{{ .word }}{{ end }}"
        destination = "local/word"
        change_mode = "restart"
        splay       = "0s"
      }`;
    await cluster.server.nomad(["var", "put", "nomad/jobs/again", "word=one"]);
    const again = await runJob(
      cluster.server,
      shellJob({ id: "again", script: `cat /local/word; echo; ${waitScript}`, more }),
    );
    await untilLogged(cluster.server, again, "one\nready\n");
    await cluster.server.nomad(["var", "put", "-force", "nomad/jobs/again", "word=two"]);
    expect(await untilLogged(cluster.server, again, "two\nready\n")).toBe("one\nready\ntwo\nready\n");
    await stopJob(cluster.server, "again");
  });

  test("shows its use in alloc status -stats and node status -stats", async () => {
    await eventually(async () => {
      const { stdout } = await cluster.server.nomad(["alloc", "status", "-stats", alloc.ID]);
      return /Memory Stats/.test(stdout) && /RSS/.test(stdout);
    });
    const [first] = await cluster.server.api.get<readonly { readonly ID: string }[]>("/v1/nodes");
    const status = await cluster.server.nomad(["node", "status", "-stats", first?.ID ?? ""]);
    expect(status.stdout).toContain("Host Resource Utilization");
    expect(status.stdout).toMatch(/Allocation Resource Utilization\nCPU +Memory\n\d+\/\d+ MHz +[1-9]/);
  });

  test("has the host volume, the device, the user, the DNS server and its secrets", async () => {
    await writeFile(join(shared, "from-host"), "hello");
    expect(await inTask("cat /shared/from-host")).toBe("hello");
    expect(await inTask("echo x > /dev/other && echo written")).toBe("written\n");
    expect(await inTask("id -u")).toBe("1000\n");
    expect(await inTask("cat /etc/resolv.conf")).toContain("nameserver 10.9.8.7");
    expect(await inTask('echo s > "$NOMAD_SECRETS_DIR/mine" && cat /secrets/mine')).toBe("s\n");
    expect(await inTask("grep ' /secrets ' /proc/mounts")).toMatch(/tmpfs/);
  });

  test("has the labels of its job that the agent's configuration asks for", async () => {
    const { Config } = await findContainer(socket, alloc);
    const labels = { "com.hashicorp.nomad.job_id": "rich", "com.hashicorp.nomad.namespace": "default" };
    expect(Config.Labels).toMatchObject(labels);
  });

  test("may use more memory than it reserves, as memory_max says", async () => {
    const { HostConfig } = await findContainer(socket, alloc);
    expect(HostConfig).toMatchObject({ Memory: 64 * 1024 * 1024, MemoryReservation: 32 * 1024 * 1024 });
  });

  test("is reached at the host port that Nomad chose", async () => {
    const log = await untilLogged(cluster.server, alloc, "ready");
    const [port] = (await readResources(cluster.server, alloc)).Shared.Ports ?? [];
    expect(log).toContain("port 8080\n");
    const page = await fetch(`http://${port?.HostIP}:${port?.Value}/`);
    expect(await page.text()).toBe("page\n");
  });

  test("runs on the whole cores that the agent has reserved for it, and on no others", async () => {
    const numa = isNomadSince("1.7") ? 'numa {\n affinity = "none"\n }' : "";
    const more = `resources {\n cores = 1\n memory = 32\n ${numa}\n }`;
    const script = "sed -n 's/^Cpus_allowed_list:\\t//p' /proc/self/status; sleep 1000";
    const pinned = await runJob(cluster.server, shellJob({ id: "cores", script, more }));
    const { Tasks } = await readResources(cluster.server, pinned);
    const cores = Tasks.app?.Cpu.ReservedCores ?? [];
    expect(cores).toHaveLength(1);
    expect(await untilLogged(cluster.server, pinned, "\n")).toBe(`${cores.join()}\n`);
    await stopJob(cluster.server, "cores");
  });

  test("leaves a node that is drained", async () => {
    const [node] = await cluster.server.api.get<readonly { readonly ID: string }[]>("/v1/nodes");
    const drain = ["node", "drain", "-enable", "-force", "-yes", "-detach", node?.ID ?? ""];
    await cluster.server.nomad(drain);
    await untilAlloc(
      cluster.server,
      "rich",
      ({ ID, ClientStatus }) => ID === alloc.ID && ClientStatus === "complete",
    );
    await cluster.server.nomad(["node", "drain", "-disable", "-yes", node?.ID ?? ""]);
  });
});
