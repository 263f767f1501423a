import { describe, expect, it } from "vitest";
import type { Task } from "./job.ts";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

async function readTask(body: string, group = ""): Promise<Task | undefined> {
  const text = `job "j" {
    type = "batch"
    group "g" {
      ${group}
      task "t" {
        driver = "docker"
        config {
          image = "x"
        }
        ${body}
      }
    }
  }`;
  const { job } = await readJobFile({ name: "j", text });
  return job.groups[0]?.tasks[0];
}

async function faultOf(body: string, group?: string): Promise<string> {
  const error: unknown = await readTask(body, group).catch((thrown: unknown) => thrown);
  if (!(error instanceof JobFileError)) throw new Error("no fault was found");
  return error.diagnostics.map(({ detail }) => detail).join("\n");
}

const template = (more: string): string => `template {
  data        = "x"
  destination = "local/x"
  ${more}
}`;

describe("a template", () => {
  it("has what it says of changes, owner and missing keys", async () => {
    const task = await readTask(
      template(`
        change_mode          = "script"
        once                 = true
        splay                = "1s"
        uid                  = 1000
        gid                  = -1
        error_on_missing_key = true
        wait {
          min = "2s"
        }
        change_script {
          command       = "/bin/reload"
          args          = ["-q"]
          fail_on_error = true
        }`),
    );
    expect(task?.templates[0]).toMatchObject({
      changeMode: "script",
      changeScript: {
        command: "/bin/reload",
        args: ["-q"],
        timeoutMs: 5000,
        failOnError: true,
        runOnFirstRender: false,
      },
      once: true,
      splayMs: 1000,
      uid: 1000,
      gid: undefined,
      missingKeyIsError: true,
      wait: { minMs: 2000, maxMs: 8000 },
    });
  });

  it("sends SIGHUP unless it names another signal", async () => {
    const unnamed = await readTask(template('change_mode = "signal"'));
    expect(unnamed?.templates[0]?.changeSignal).toBe("SIGHUP");
    const named = await readTask(template('change_mode = "signal"\nchange_signal = "sigusr1"'));
    expect(named?.templates[0]?.changeSignal).toBe("SIGUSR1");
  });

  it.each([
    ['change_mode = "script"', "needs a change_script block"],
    ['change_mode = "signal"\nenv = true', '"change_mode" is "restart" or "noop", not "signal"'],
    ['wait {\nmin = "5s"\nmax = "1s"\n}', '"max" must not be less than "min"'],
    ["uid = -2", "must be at least -1"],
  ])("with %s is refused", async (more, detail) => {
    expect(await faultOf(template(more))).toContain(detail);
  });
});

describe("an artifact", () => {
  it("goes into local, a single file under its own name, with its headers", async () => {
    const task = await readTask(`
      artifact {
        source = "https://host/a.tgz"
      }
      artifact {
        source   = "https://host/path/b.bin?x=/y"
        mode     = "file"
        insecure = true
        headers {
          Authorization = "Bearer $\${NOMAD_META_token}"
        }
      }`);
    expect(task?.artifacts).toMatchObject([
      { destination: "local/", headers: {}, insecure: false },
      {
        destination: "local/b.bin",
        headers: { Authorization: "Bearer ${NOMAD_META_token}" },
        insecure: true,
      },
    ]);
  });
});

describe("max_run_duration", () => {
  it("is for jobs that end by themselves, and above 0", async () => {
    expect(await faultOf("", 'max_run_duration = "0s"')).toContain("must be above 0");
    const text =
      'job "j" {\n group "g" {\n max_run_duration = "1h"\n task "t" {\n driver = "docker"\n }\n }\n}';
    await expect(readJobFile({ name: "j", text })).rejects.toThrow(/max_run_duration/);
  });
});
