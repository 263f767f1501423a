import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JobFileError } from "../jobfile/index.ts";
import { createCommandIo } from "./command-io.ts";
import { loadJob } from "./load-job.ts";
import { OutputWatch } from "./output-watch.ts";
import { parseCommand } from "./parse-command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-load-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Line and summary of each fault. */
async function faultsOf(text: string, flags: readonly string[] = []): Promise<readonly string[]> {
  const file = join(folder, "j.nomad.hcl");
  await writeFile(file, text);
  const parsed = await parseCommand(["validate", ...flags, file]);
  if (typeof parsed === "number") throw new Error("only an exit code");
  const io = createCommandIo({ output: new OutputWatch(process.stdout, process.stderr), noColor: true });
  const error: unknown = await loadJob(parsed.input, io).catch((thrown: unknown) => thrown);
  if (!(error instanceof JobFileError)) throw error;
  return error.diagnostics.map(({ range, summary }) => `${range?.line}: ${summary}`);
}

const faulty = `job "j" {
  priority = 0
  group "g" {
    network {
      port "http" { host_network = "lan" }
      port "https" { host_network = "wan" }
    }
    task "t" {
      driver = "docker"
      config {
        image    = "busybox:1"
        ports    = ["htp"]
        cap_add  = ["sys_admin"]
        port_map { http = 80 }
      }
      artifact { source = "s3::https://host/x" }
      template {
        data        = "x"
        destination = "../../x"
      }
      resources {
        memory = 99999999
      }
    }
    task "u" {
      driver = "exec"
      config {
        command = "true"
      }
    }
  }
}
`;

it("what the machine and the driver refuse is told with the other faults of a file, each once", async () => {
  expect(await faultsOf(faulty)).toEqual([
    "2: Invalid value",
    "5: Invalid host_network",
    "6: Invalid host_network",
    "12: Unknown port",
    "13: Invalid cap_add",
    "14: Invalid port_map",
    "16: Invalid source",
    "19: Invalid destination",
    "22: Invalid memory",
    "26: Unknown driver",
  ]);
});

it("a file's faults are told although an option of the command is at fault too", async () => {
  const faults = await faultsOf(faulty, ["--option", "docker.cleanup.image=maybe"]);
  expect(faults).toContain("2: Invalid value");
});

it("one faulty key of a task's config leaves the others as they are written", async () => {
  const text = `job "j" {
  group "g" {
    task "t" {
      driver = "docker"
      config {
        image   = "busybox:1"
        args    = [nope()]
        comand  = "x"
        command = nope()
      }
    }
  }
}
`;
  expect(await faultsOf(text)).toEqual([
    "7: Call to unknown function",
    "8: Invalid comand",
    "9: Call to unknown function",
  ]);
});

it("a fault within a block of a task's config is told at its own line, and a limit's once", async () => {
  const text = `job "j" {
  group "g" {
    task "t" {
      driver = "docker"
      config {
        image = "busybox:1"
        logging {
          type = "json-file"
          drver = "x"
        }
        mount {
          type   = "tmpfs"
          target = "a"
        }
      }
      resources {
        memory     = 100
        memory_max = 50
      }
    }
  }
}
`;
  expect(await faultsOf(text)).toEqual([
    "9: Invalid drver",
    "13: Invalid target",
    "18: Invalid memory limit",
  ]);
});
