import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

/** All that a person sees of a file's faults. */
async function shown(text: string, name = "x.nomad"): Promise<string> {
  try {
    await readJobFile({ name, text });
  } catch (error) {
    if (error instanceof JobFileError) return error.diagnostics.map(formatDiagnostic).join("\n");
    throw error;
  }
  return "";
}

function job(body: string): string {
  return `job "j" {\n${body}\n}`;
}
function group(body: string): string {
  return job(`group "g" {\n${body}\ntask "t" { driver = "docker" }\n}`);
}
function task(body: string): string {
  return job(`group "g" {\ntask "t" {\n${body}\ndriver = "docker"\n}\n}`);
}
function seed(body: string): string {
  return job(`task "t" {\n${body}\ndriver = "docker"\n}`);
}

describe("the error for", () => {
  it.each<[string, string, readonly string[]]>([
    [
      "a key that is close to a known one",
      job('datacentres = ["dc1"]\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:2:1: Unsupported argument",
        '  2 | datacentres = ["dc1"]',
        "    | ^^^^^^^^^^^",
        '  An argument named "datacentres" is not expected here. Did you mean "datacenters"?',
      ],
    ],
    [
      "a block that is close to a known one",
      task("resource {\ncpu = 1\n}"),
      [
        "x.nomad:4:1: Unsupported block type",
        "  4 | resource {",
        "    | ^^^^^^^^",
        '  Blocks of type "resource" are not expected here. Did you mean "resources"?',
      ],
    ],
    [
      "a block written as an argument",
      task("resources = {\ncpu = 1\n}"),
      [
        "x.nomad:4:1: Unsupported argument",
        "  4 | resources = {",
        "    | ^^^^^^^^^",
        '  An argument named "resources" is not expected here. Did you mean to define a block of type "resources"?',
      ],
    ],
    [
      "a key of a block without effect that Nomad does not know",
      group('service {\nname = "x"\nchek {\n}\n}'),
      [
        "x.nomad:5:1: Unsupported block type",
        "  5 | chek {",
        "    | ^^^^",
        '  Blocks of type "chek" are not expected here. Did you mean "check"?',
      ],
    ],
    [
      "a syntax error",
      'job "j" {\n  type = = 1\n}',
      [
        "x.nomad:2:10: Invalid expression",
        "  2 |   type = = 1",
        "    |          ^",
        "  Expected the start of an expression, but found an invalid expression token.",
      ],
    ],
    [
      "a job that is not there",
      'variable "a" {\ndefault = 1\n}',
      [
        "x.nomad:1:1: Missing job block",
        '  1 | variable "a" {',
        "    | ^",
        '  A job file holds one job "name" { ... } block.',
      ],
    ],
    [
      "no name",
      'job "" {\ngroup "g" {\ntask "t" { driver = "docker" }\n}\n}',
      [
        "x.nomad:1:5: Missing job name",
        '  1 | job "" {',
        "    |     ^^",
        '  A job needs a name: job "name" { ... }.',
      ],
    ],
    [
      "a job without groups",
      job(""),
      [
        "x.nomad:1:1: Nothing to run",
        '  1 | job "j" {',
        "    | ^^^^^^^",
        '  The job "j" has no group with a task in it.',
      ],
    ],
    [
      "a group without tasks",
      job('group "g" {}'),
      [
        "x.nomad:2:1: Nothing to run",
        '  2 | group "g" {}',
        "    | ^^^^^^^^^",
        '  The group "g" has no task.',
      ],
    ],
    [
      "a type that does not exist",
      job('type = "srvice"\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:2:8: Invalid value",
        '  2 | type = "srvice"',
        "    |        ^^^^^^^^",
        '  "type" must be "service", "batch", "system" or "sysbatch", not "srvice".',
      ],
    ],
    [
      "a priority out of range",
      job('priority = 101\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:2:12: Invalid value",
        "  2 | priority = 101",
        "    |            ^^^",
        '  "priority" must be from 1 to 100, but is 101.',
      ],
    ],
    [
      "a negative count",
      group("count = -1"),
      [
        "x.nomad:3:9: Invalid value",
        "  3 | count = -1",
        "    |         ^^",
        '  "count" must not be negative, but is -1.',
      ],
    ],
    [
      "a count that no machine has room for",
      group("count = 100000000"),
      [
        "x.nomad:3:9: Invalid value",
        "  3 | count = 100000000",
        "    |         ^^^^^^^^^",
        '  "count" must be from 0 to 10000, but is 100000000.',
      ],
    ],
    [
      "half a count",
      group("count = 1.5"),
      [
        "x.nomad:3:9: Invalid value",
        "  3 | count = 1.5",
        "    |         ^^^",
        '  "count" must be a whole number, not 1.5.',
      ],
    ],
    [
      "a count that the task's start would know",
      group("count = NOMAD_META_count"),
      [
        "x.nomad:3:9: Incorrect value type",
        "  3 | count = NOMAD_META_count",
        "    |         ^^^^^^^^^^^^^^^^",
        '  Inappropriate value for "count": a number is required. The value ${NOMAD_META_count} is only known when the task starts, and cannot be used here.',
      ],
    ],
    [
      "an unknown network mode",
      group('network {\nmode = "bridged"\n}'),
      [
        "x.nomad:4:8: Unknown network mode",
        '  4 | mode = "bridged"',
        "    |        ^^^^^^^^^",
        '  "bridged" cannot be used on one machine; "mode" is "host", "bridge" or "none".',
      ],
    ],
    [
      "a port label",
      group('network {\nport "a-b" {}\n}'),
      [
        "x.nomad:4:6: Invalid port label",
        '  4 | port "a-b" {}',
        "    |      ^^^^^",
        '  "a-b" is no port label: letters, digits and _ are allowed (^[a-zA-Z0-9_]+$).',
      ],
    ],
    [
      "a port label that is there twice",
      group('network {\nport "a" {}\nport "a" {}\n}'),
      [
        "x.nomad:5:6: Duplicate port label",
        '  5 | port "a" {}',
        "    |      ^^^",
        '  The port "a" is there already, on line 4.',
      ],
    ],
    [
      "port 0",
      group('network {\nport "a" {\nstatic = 0\n}\n}'),
      [
        "x.nomad:5:10: Invalid value",
        "  5 | static = 0",
        "    |          ^",
        '  "static" must be from 1 to 65535, but is 0.',
      ],
    ],
    [
      "port 65536",
      group('network {\nport "a" {\nstatic = 65536\n}\n}'),
      [
        "x.nomad:5:10: Invalid value",
        "  5 | static = 65536",
        "    |          ^^^^^",
        '  "static" must be from 1 to 65535, but is 65536.',
      ],
    ],
    [
      "a port that is text",
      group('network {\nport "a" {\nstatic = "http"\n}\n}'),
      [
        "x.nomad:5:10: Incorrect value type",
        '  5 | static = "http"',
        "    |          ^^^^^^",
        '  Inappropriate value for "static": a number is required.',
      ],
    ],
    [
      "two static ports alike",
      group('network {\nport "a" {\nstatic = 80\n}\nport "b" {\nstatic = 80\n}\n}'),
      [
        "x.nomad:8:10: Port taken twice",
        "  8 | static = 80",
        "    |          ^^",
        '  port "b" wants the static port 80, which port "a" has.',
      ],
    ],
    [
      "a static port with a count",
      group('count = 2\nnetwork {\nport "a" {\nstatic = 80\n}\n}'),
      [
        "x.nomad:6:10: Static port with a count",
        "  6 | static = 80",
        "    |          ^^",
        '  With count = 2, port "a" would need the static port 80 2 times on this one machine.',
      ],
    ],
    [
      "a port that the group does not have",
      task('config {\nports = ["x"]\n}'),
      [
        "x.nomad:5:10: Unknown port",
        '  5 | ports = ["x"]',
        "    |          ^^^",
        '  Port "x" not found, check network block. The group has no ports.',
      ],
    ],
    [
      "no driver",
      job('group "g" {\ntask "t" {}\n}'),
      [
        "x.nomad:3:1: Missing driver",
        '  3 | task "t" {}',
        "    | ^^^^^^^^",
        '  The task "t" needs a driver, which runs it: write driver = "docker".',
      ],
    ],
    [
      "an empty driver",
      job('group "g" {\ntask "t" {\ndriver = ""\n}\n}'),
      [
        "x.nomad:4:10: Missing driver",
        '  4 | driver = ""',
        "    |          ^^",
        '  The task "t" needs a driver, which runs it: write driver = "docker".',
      ],
    ],
    [
      "another driver",
      job('group "g" {\ntask "t" {\ndriver = "exec"\n}\n}'),
      [
        "x.nomad:4:10: Unknown driver",
        '  4 | driver = "exec"',
        "    |          ^^^^^^",
        '  There is no driver "exec" here; the one there is is "docker".',
      ],
    ],
    [
      "a duration",
      task('kill_timeout = "5 seconds"'),
      [
        "x.nomad:4:16: Invalid duration",
        '  4 | kill_timeout = "5 seconds"',
        "    |                ^^^^^^^^^^^",
        '  "kill_timeout" must be a duration such as "300ms", "5s", "1m30s" or "1h", not "5 seconds".',
      ],
    ],
    [
      "a bare number as a duration",
      task("kill_timeout = 20"),
      [
        "x.nomad:4:16: Duration without a unit",
        "  4 | kill_timeout = 20",
        "    |                ^^",
        '  "kill_timeout" needs a unit: write "20s" if seconds are meant.',
      ],
    ],
    [
      "a negative duration",
      task('shutdown_delay = "-5s"'),
      [
        "x.nomad:4:18: Invalid value",
        '  4 | shutdown_delay = "-5s"',
        "    |                  ^^^^^",
        '  "shutdown_delay" must not be negative, but is -5s.',
      ],
    ],
    [
      "a boolean",
      task('leader = "maybe"'),
      [
        "x.nomad:4:10: Incorrect value type",
        '  4 | leader = "maybe"',
        "    |          ^^^^^^^",
        '  Inappropriate value for "leader": a bool is required.',
      ],
    ],
    [
      "zero CPU",
      task("resources {\ncpu = 0\n}"),
      [
        "x.nomad:5:7: Invalid cpu",
        "  5 | cpu = 0",
        "    |       ^",
        '  "cpu" must be above 0 MHz, but is 0.',
      ],
    ],
    [
      "negative memory",
      task("resources {\nmemory = -1\n}"),
      [
        "x.nomad:5:10: Invalid memory",
        "  5 | memory = -1",
        "    |          ^^",
        '  "memory" must be above 0 MB, but is -1.',
      ],
    ],
    [
      "no resources in the style of 2015",
      seed('config {\nimage = "x"\n}'),
      [
        "x.nomad:2:1: Missing resources",
        '  2 | task "t" {',
        "    | ^^^^^^^^",
        '  The task "t" needs resources { cpu = <MHz>, memory = <MB> } in a job file of 2015\'s style.',
      ],
    ],
    [
      "no memory in the style of 2015",
      seed("resources {\ncpu = 1\n}"),
      [
        "x.nomad:3:1: Missing memory",
        "  3 | resources {",
        "    | ^^^^^^^^^",
        '  "memory" is required in a job file of 2015\'s style, as a number of MB above 0.',
      ],
    ],
    [
      "a container's network in the style of 2015",
      seed('config {\nnetwork_mode = "container:x"\n}\nresources {\ncpu = 1\nmemory = 1\n}'),
      [
        "x.nomad:4:16: Invalid network mode",
        '  4 | network_mode = "container:x"',
        "    |                ^^^^^^^^^^^^^",
        '  "container:x" is no network mode of a job file in the style of 2015: "network_mode" is "default", "bridge", "host" or "none".',
      ],
    ],
    [
      "a reserved port that is text",
      seed('resources {\ncpu = 1\nmemory = 1\nnetwork {\nreserved_ports = ["ssh"]\n}\n}'),
      [
        "x.nomad:7:19: Incorrect value type",
        '  7 | reserved_ports = ["ssh"]',
        "    |                   ^^^^^",
        '  A reserved port is a number, not the text "ssh".',
      ],
    ],
    [
      "a reserved port that is there twice",
      seed("resources {\ncpu = 1\nmemory = 16\nnetwork {\nreserved_ports = [22, 22]\n}\n}"),
      [
        "x.nomad:7:23: Duplicate port label",
        "  7 | reserved_ports = [22, 22]",
        "    |                       ^^",
        '  The port "22" is there already, on line 7.',
      ],
    ],
    [
      "dynamic ports of one variable",
      seed('resources {\ncpu = 1\nmemory = 16\nnetwork {\ndynamic_ports = ["http", "HTTP", "HTTP"]\n}\n}'),
      [
        "x.nomad:7:26: Duplicate port label",
        '  7 | dynamic_ports = ["http", "HTTP", "HTTP"]',
        "    |                          ^^^^^^",
        '  The ports "http" and "HTTP" would both be NOMAD_PORT_HTTP.',
        "x.nomad:7:34: Duplicate port label",
        '  7 | dynamic_ports = ["http", "HTTP", "HTTP"]',
        "    |                                  ^^^^^^",
        '  The port "HTTP" is there already, on line 7.',
      ],
    ],
    [
      "a dynamic port out of range",
      seed("resources {\ncpu = 1\nmemory = 1\nnetwork {\ndynamic_ports = [70000]\n}\n}"),
      [
        "x.nomad:7:18: Invalid port",
        "  7 | dynamic_ports = [70000]",
        "    |                  ^^^^^",
        "  A port is a whole number from 1 to 65535, not 70000.",
      ],
    ],
    [
      "two tasks of one name",
      job('group "g" {\ntask "t" { driver = "docker" }\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:4:6: Duplicate task name",
        '  4 | task "t" { driver = "docker" }',
        "    |      ^^^",
        '  There is a task "t" already, on line 3.',
      ],
    ],
    [
      "two groups of one name",
      job('group "g" {\ntask "t" { driver = "docker" }\n}\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:5:7: Duplicate group name",
        '  5 | group "g" {',
        "    |       ^^^",
        '  There is a group "g" already, on line 2.',
      ],
    ],
    [
      "a task's name that is no folder",
      job('group "g" {\ntask "../t" { driver = "docker" }\n}'),
      [
        "x.nomad:3:6: Invalid task name",
        '  3 | task "../t" { driver = "docker" }',
        "    |      ^^^^^^",
        '  "../t" is no task name: it becomes a folder, so it has no slashes and is not . or ...',
      ],
    ],
    [
      "two leaders",
      job(
        'group "g" {\ntask "a" {\ndriver = "docker"\nleader = true\n}\ntask "b" {\ndriver = "docker"\nleader = true\n}\n}',
      ),
      [
        "x.nomad:9:10: Two leaders",
        "  9 | leader = true",
        "    |          ^^^^",
        '  One task of a group may lead; "a" does already.',
      ],
    ],
    [
      "a template with two texts",
      task('template {\ndata = "x"\nsource = "y"\ndestination = "z"\n}'),
      [
        "x.nomad:4:1: Invalid template",
        "  4 | template {",
        "    | ^^^^^^^^",
        '  A template has either "data" or "source"; this one has both.',
      ],
    ],
    [
      "a lifecycle hook",
      task('lifecycle {\nhook = "before"\n}'),
      [
        "x.nomad:5:8: Invalid value",
        '  5 | hook = "before"',
        "    |        ^^^^^^^^",
        '  "hook" must be "prestart", "poststart" or "poststop", not "before".',
      ],
    ],
    [
      "log limits",
      task("logs {\nmax_files = 0\n}"),
      [
        "x.nomad:5:13: Invalid value",
        "  5 | max_files = 0",
        "    |             ^",
        '  "max_files" must be at least 1, but is 0.',
      ],
    ],
    [
      "a volume that the group does not have",
      task('volume_mount {\nvolume = "v"\ndestination = "/v"\n}'),
      [
        "x.nomad:5:10: Unknown volume",
        '  5 | volume = "v"',
        "    |          ^^^",
        '  The group has no volume "v".',
      ],
    ],
    [
      "a host volume without a source",
      group('volume "v" {\ntype = "host"\n}'),
      [
        "x.nomad:3:1: Missing required argument",
        '  3 | volume "v" {',
        "    | ^^^^^^^^^^",
        '  "source" is required here: the name of a host_volume in the agent\'s configuration.',
      ],
    ],
    [
      "a block that may stand once",
      task("resources {\ncpu = 1\n}\nresources {\ncpu = 2\n}"),
      [
        "x.nomad:7:1: Duplicate resources block",
        "  7 | resources {",
        "    | ^^^^^^^^^",
        '  One "resources" block may stand here; the first is on line 4.',
      ],
    ],
    [
      "a function that does not exist",
      job('meta {\na = uper("x")\n}\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:3:5: Call to unknown function",
        '  3 | a = uper("x")',
        "    |     ^^^^",
        '  There is no function named "uper". Did you mean "upper"?',
      ],
    ],
    [
      "a variable that is close to a declared one",
      `variable "tag" {\ndefault = { major = "1" }\n}\n${task('meta {\na = "${var.tga.major}"\n}')}`,
      [
        "x.nomad:8:11: Unsupported attribute",
        '  8 | a = "${var.tga.major}"',
        "    |           ^^^^",
        '  This object does not have an attribute named "tga". Did you mean "tag"?',
      ],
    ],
    [
      "a part of a variable that is close to one that it has",
      `variable "tag" {\ndefault = { major = "1" }\n}\n${task('meta {\na = "${var.tag.mayor}"\n}')}`,
      [
        "x.nomad:8:15: Unsupported attribute",
        '  8 | a = "${var.tag.mayor}"',
        "    |               ^^^^^^",
        '  This object does not have an attribute named "mayor". Did you mean "major"?',
      ],
    ],
    [
      "a local that is close to a declared one",
      `locals {\ncolor = "red"\n}\n${task("meta {\na = local.colour\n}")}`,
      [
        "x.nomad:8:10: Unsupported attribute",
        "  8 | a = local.colour",
        "    |          ^^^^^^^",
        '  This object does not have an attribute named "colour". Did you mean "color"?',
      ],
    ],
    [
      "a variable that is not declared",
      job('meta {\na = var.x\n}\ngroup "g" {\ntask "t" { driver = "docker" }\n}'),
      [
        "x.nomad:3:8: Unsupported attribute",
        "  3 | a = var.x",
        "    |        ^^",
        '  This object does not have an attribute named "x".',
      ],
    ],
    [
      "a task named as the allocation's folder is",
      job('group "g" {\ntask "alloc" { driver = "docker" }\n}'),
      [
        "x.nomad:3:6: Invalid task name",
        '  3 | task "alloc" { driver = "docker" }',
        "    |      ^^^^^^^",
        '  "alloc" is no task name: the folder that the tasks of a group share is called so.',
      ],
    ],
    [
      "a task's name that is too long for a folder",
      job(`group "g" {\ntask "${"é".repeat(65)}" { driver = "docker" }\n}`),
      [
        "x.nomad:3:6: Invalid task name",
        `  3 | task "${"é".repeat(65)}" { driver = "docker" }`,
        `    |      ${"^".repeat(67)}`,
        "  A task's name becomes a folder, so it has 128 bytes at most, not 130.",
      ],
    ],
    [
      "a group of nothing but tasks around others",
      task('lifecycle {\nhook = "prestart"\n}'),
      [
        "x.nomad:2:1: No main task",
        '  2 | group "g" {',
        "    | ^^^^^^^^^",
        '  The group "g" has no main task: each of its tasks has a "lifecycle", so it would run before or after nothing.',
      ],
    ],
    [
      "a static port that another group has",
      job(
        'group "a" {\nnetwork {\nport "x" { static = 80 }\n}\ntask "t" { driver = "docker" }\n}\ngroup "b" {\nnetwork {\nport "y" { static = 80 }\n}\ntask "t" { driver = "docker" }\n}',
      ),
      [
        "x.nomad:10:21: Port taken twice",
        '  10 | port "y" { static = 80 }',
        "     |                     ^^",
        '  port "y" wants the static port 80, which port "x" of group "a" has on this one machine.',
      ],
    ],
    [
      "a signal that does not exist",
      task('kill_signal = "SIGTREM"'),
      [
        "x.nomad:4:15: Invalid signal",
        '  4 | kill_signal = "SIGTREM"',
        "    |               ^^^^^^^^^",
        '  "SIGTREM" is no signal. Did you mean SIGTERM?',
      ],
    ],
    [
      "a template's signal that does not exist",
      task('template {\ndata = "x"\ndestination = "y"\nchange_mode = "signal"\nchange_signal = "reload"\n}'),
      [
        "x.nomad:8:17: Invalid signal",
        '  8 | change_signal = "reload"',
        "    |                 ^^^^^^^^",
        '  "reload" is no signal. Signals are SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGIOT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPOLL, SIGPWR, SIGSYS, SIGRTMIN to SIGRTMAX, and 1 to 64.',
      ],
    ],
    [
      "a template that leads nowhere",
      task('template {\ndata = "x"\ndestination = ""\n}'),
      [
        "x.nomad:6:15: Missing required argument",
        '  6 | destination = ""',
        "    |               ^^",
        '  "destination" is required here: where the rendered text goes, such as "local/app.conf".',
      ],
    ],
    [
      "two templates of one file",
      task(
        'template {\ndata = "x"\ndestination = "local/a"\n}\ntemplate {\ndata = "y"\ndestination = "local/./a"\n}',
      ),
      [
        "x.nomad:10:15: Duplicate destination",
        '  10 | destination = "local/./a"',
        "     |               ^^^^^^^^^^^",
        "  Another template of the task is rendered to the same file, on line 6.",
      ],
    ],
    [
      "a variable of the environment that has no such name",
      task('env = {\n"A=B" = "x"\nC = "y\\u0000"\n"" = "z"\n}'),
      [
        "x.nomad:5:9: Invalid environment",
        '  5 | "A=B" = "x"',
        "    |         ^^^",
        '  "A=B" is no name of a variable: it must not be empty, or hold "=" or a NUL character.',
        "x.nomad:6:5: Invalid environment",
        '  6 | C = "y\\u0000"',
        "    |     ^^^^^^^^^",
        '  The value of "C" holds a NUL character, which ends a text in an environment.',
        "x.nomad:7:6: Invalid environment",
        '  7 | "" = "z"',
        "    |      ^^^",
        '  "" is no name of a variable: it must not be empty, or hold "=" or a NUL character.',
      ],
    ],
    [
      "a DNS server that is no address",
      group('network {\ndns {\nservers = ["10.0.0.1", "dns.example", "${attr.dns}"]\n}\n}'),
      [
        "x.nomad:5:24: Invalid DNS server",
        '  5 | servers = ["10.0.0.1", "dns.example", "${attr.dns}"]',
        "    |                        ^^^^^^^^^^^^^",
        '  "dns.example" is no IP address.',
      ],
    ],
    [
      "an artifact from nowhere",
      task('artifact {\nsource = ""\n}'),
      [
        "x.nomad:5:10: Missing required argument",
        '  5 | source = ""',
        "    |          ^^",
        '  "source" is required here: what to fetch.',
      ],
    ],
    [
      "a volume that is mounted nowhere",
      job(
        'group "g" {\nvolume "v" {\ntype = "host"\nsource = "s"\n}\ntask "t" {\ndriver = "docker"\nvolume_mount {\nvolume = "v"\ndestination = ""\n}\n}\n}',
      ),
      [
        "x.nomad:11:15: Missing required argument",
        '  11 | destination = ""',
        "     |               ^^",
        '  "destination" is required here: where the volume is in the container, such as "/data".',
      ],
    ],
    [
      "a block that would have held a task",
      job('group "g" {\ntsk "t" {\n}\n}'),
      [
        "x.nomad:3:1: Unsupported block type",
        '  3 | tsk "t" {',
        "    | ^^^",
        '  Blocks of type "tsk" are not expected here. Did you mean "task"?',
      ],
    ],
    [
      "a dynamic block that would have made the groups",
      job('dynamic "group" {\nfor_each = toset(["a"])\nlabels = ["g"]\ncontent {}\n}'),
      [
        "x.nomad:3:12: Call to unknown function",
        '  3 | for_each = toset(["a"])',
        "    |            ^^^^^",
        '  There is no function named "toset".',
      ],
    ],
  ])("%s", async (_, text, expected) => {
    expect((await shown(text)).split("\n")).toEqual(expected);
  });

  it("a name that stands in a block with quotes and without is told", async () => {
    expect(
      await shown('job "j" {\nmeta {\na = 1\n"a" = 2\n}\ngroup "g" {\ntask "t" { driver = "docker" }\n}\n}'),
    ).toBe(
      [
        "x.nomad:4:1: Attribute redefined",
        '  4 | "a" = 2',
        "    | ^^^",
        '  The argument "a" is set twice in this block.',
      ].join("\n"),
    );
  });

  it("variables for a job that can have none are refused", async () => {
    const text = '{"ID": "j", "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t"}]}]}';
    await expect(readJobFile({ name: "x.json", text }, { vars: ["a=b"] })).rejects.toThrow(
      "JSON of Nomad's API has no variables that -var or -var-file could set.",
    );
  });

  it("several faults comes with all of them, in the order of the file", async () => {
    const text =
      'job "j" {\n  priority = 0\n  grop "g" {}\n  group "h" {\n    count = "x"\n    task "t" {\n      driver = "docker"\n      cnfig {}\n    }\n  }\n}';
    const lines = (await shown(text)).split("\n").filter((line) => line.startsWith("x.nomad:"));
    expect(lines).toEqual([
      "x.nomad:2:14: Invalid value",
      "x.nomad:3:3: Unsupported block type",
      "x.nomad:5:13: Incorrect value type",
      "x.nomad:8:7: Unsupported block type",
    ]);
  });

  it("JSON has places too", async () => {
    const mirrored =
      '{ "job": { "j": { "group": { "g": { "cuont": 1, "task": { "t": { "driver": "docker" } } } } } } }';
    expect(await shown(mirrored, "x.json")).toBe(
      [
        "x.json:1:37: Extraneous JSON object property",
        `  1 | ${mirrored}`,
        `    | ${" ".repeat(36)}^^^^^^^`,
        '  No argument or block type is named "cuont". Did you mean "count"?',
      ].join("\n"),
    );
    const api = '{"Job": {"ID": "j",\n "TaskGroups": [{"Name": "g", "Cuont": 1, "Tasks": [{"Name": "t"}]}]}}';
    expect(await shown(api, "x.json")).toContain("x.json:2:31: Unknown key\n");
    expect(await shown(api, "x.json")).toContain('Did you mean "Count"?');
  });
});

describe("the message of the whole error", () => {
  it("has the first fault with its place, and how many more there are", async () => {
    const error = await readJobFile({ name: "x.nomad", text: job("priority = 0\ntype = 1") }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: "JobFileError", kind: "invalid", retryable: false });
    expect((error as Error).message).toBe(
      'x.nomad:1:1: Nothing to run: The job "j" has no group with a task in it. (and 2 more)',
    );
  });
});
