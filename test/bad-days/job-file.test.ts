import { describe, expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import { shellJob } from "../cli/command.ts";
import { expectNothingLeft, expectTold, liveDay } from "./bad-day.ts";

const program = bed().command;

const withPort = (port: string) => `network {\n port ${port}\n}\n task "sh"`;
const twice = 'task "sh" {\n driver = "docker"\n config {\n image = "x"\n}\n}\n task "sh"';
const inConfig = (line: string) => `config {\n ${line}`;

const seed = `job "x" {
  task "t" {
    driver = "docker"
    config {
      image        = "busybox:1"
      network_mode = "container:web"
    }
    resources {
      cpu    = 20
      memory = 16
    }
  }
}
`;

/** What takes the place of what in a job that runs. */
const edits: readonly (readonly [condition: string, from: string | RegExp, to: string])[] = [
  ["no driver", /driver .*/, ""],
  ["no image", /image .*/, ""],
  ["another driver", '"docker"', '"exec"'],
  ["a bad image reference", /image .*/, 'image = "Not An Image:1"'],
  ["CPU of zero", "= 20", "= 0"],
  ["negative CPU", "= 20", "= -5"],
  ["memory of zero", "= 16", "= 0"],
  ["negative memory", "= 16", "= -1"],
  ["less memory than Docker gives", "= 16", "= 4"],
  ["more memory than there is", "= 16", "= 999999999"],
  ["two tasks of a name", 'task "sh"', twice],
  ["a task's name that Docker does not take", 'task "sh"', 'task "my sh"'],
  ["a signal that does not exist", 'task "sh" {', 'task "sh" {\n kill_signal = "SIGTREM"'],
  ["a bad port label", 'task "sh"', withPort('"my-port" {}')],
  ["port 0", 'task "sh"', withPort('"p" {\n static = 0\n}')],
  ["port 65536", 'task "sh"', withPort('"p" {\n static = 65536\n}')],
  ["a port that is text", 'task "sh"', withPort('"p" {\n static = "http"\n}')],
  ["an unknown network mode of the group", 'task "sh"', 'network {\n mode = "brigde"\n}\n task "sh"'],
  ["an unknown key of the driver's", "config {", inConfig("privileqed = true")],
  ["a boolean of the driver's that is none", "config {", inConfig('privileged = "si"')],
  ["a boolean of the task's that is none", 'task "sh" {', 'task "sh" {\n leader = "si"'],
];

const files: readonly (readonly [condition: string, content: () => string | Uint8Array])[] = [
  ...edits.map(([condition, from, to]) => [condition, () => shellJob("echo hi").replace(from, to)] as const),
  ["`container:` in a file of 2015", () => seed],
  ["an empty file", () => ""],
  ["a binary file", () => Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0xff, 0xfe, 0])],
  ["an enormous file", () => Buffer.alloc(2_000_000, " ")],
];

describe.concurrent("a job file with", () => {
  test.each(files)(
    "%s ends with 2, its fault and place told, and nothing made",
    async (condition, content) => {
      const { code, shown, dataDir } = await liveDay(program, content(), {
        places: [[/this machine's \d+ MB/g, "this machine's <n> MB"]],
      });
      expect(code).toBe(2);
      await expectTold(condition, shown);
      await expectNothingLeft(dataDir);
    },
  );

  const starts: readonly (readonly [condition: string, edit: (job: string) => string])[] = [
    ["a missing command", (job) => job.replace('command = "sh"', 'command = "no-such-program"')],
    [
      "an unknown network mode of the task",
      (job) => job.replace("config {", inConfig('network_mode = "brigde"')),
    ],
    [
      "a container's network that is not there",
      (job) => job.replace("config {", inConfig('network_mode = "container:nobody"')),
    ],
  ];

  test.each(starts)("%s ends with 1, the reason told, and no container left", async (condition, edit) => {
    const { code, shown, dataDir } = await liveDay(program, edit(shellJob("echo hi")), {
      places: [[/container [0-9a-f]{12}/g, "container <id>"]],
    });
    expect(code).toBe(1);
    await expectTold(condition, shown);
    expect(shown).not.toContain("logs are kept");
    await expectNothingLeft(dataDir);
  });

  test("a client option that is no boolean ends with 2, its name told", async () => {
    const { code, shown, dataDir } = await liveDay(program, shellJob("echo hi"), {
      args: ["-option", "docker.cleanup.image=si"],
    });
    expect(code).toBe(2);
    await expectTold("a client option that is no boolean", shown);
    await expectNothingLeft(dataDir);
  });
});
