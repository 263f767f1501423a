// @ts-check

/** @typedef {{ longshoreHcl(operation: string, request: string): string }} Scope */

/** Schemas of the blocks below, in the form that src/jobfile/schema.ts writes. */
const schemas = `job 0
\t\t\tjob name 1
type string datacenters list(string)\tmeta string\t\tgroup name 2
count number\t\t\tnetwork - 3 task name 5
\t\t\tport label 4
to number static number\t\t\t
driver string leader bool kill_timeout any\tenv string\tconfig\tresources - 6
cpu number memory number\t\t\t`;

/** A job file with what nearly all of them have. */
const jobFile = `# A page.
job "web" {
  datacenters = ["dc1"]
  type        = "service"

  group "web" {
    count = 1

    network {
      port "http" {
        to = 8080
      }
    }

    task "server" {
      driver       = "docker"
      leader       = true
      kill_timeout = "5s"

      config {
        image   = "busybox:1.36"
        command = "httpd"
        args    = ["-f", "-p", "\${NOMAD_PORT_http}"]
        ports   = ["http"]
        labels {
          app = "web"
        }
      }

      env {
        GREETING = "hello"
      }

      resources {
        cpu    = 100
        memory = 32
      }
    }
  }
}
`;

/** @param {Scope} scope */
export function rehearseReading(scope) {
  expectOk(scope.longshoreHcl("define", schemas));
  const request = {
    name: "web.nomad.hcl",
    text: jobFile,
    schema: "job",
    baseDir: "/",
    flags: [],
    varFiles: [],
    env: {},
  };
  const answer = expectOk(scope.longshoreHcl("parse", JSON.stringify(request)));
  if (answer.faults.length > 0) throw new Error(`the rehearsal has faults: ${JSON.stringify(answer.faults)}`);
}

/** @param {Scope} scope */
export function rehearseText(scope) {
  expectOk(scope.longshoreHcl("format", JSON.stringify({ name: "web.nomad.hcl", text: jobFile })));
  const template = {
    name: "a",
    text: '{{ env "A" }}',
    leftDelimiter: "{{",
    rightDelimiter: "}}",
    env: { A: "b" },
  };
  expectOk(scope.longshoreHcl("render", JSON.stringify(template)));
}

/** @param {string} answer */
function expectOk(answer) {
  const { ok, failure } = JSON.parse(answer);
  if (failure !== undefined) throw new Error(`the rehearsal failed: ${failure}`);
  return ok;
}
