import { describe, expect, it } from "vitest";
import { problemsOf } from "../../../test/driver/sample-task.ts";
import { parseAgentOptions } from "./agent-options.ts";

const faults = (config: unknown, old: Record<string, unknown> = {}) =>
  problemsOf(() => parseAgentOptions(config, old));

describe("the agent's options", () => {
  it("have Nomad's defaults", () => {
    expect(parseAgentOptions()).toMatchObject({
      endpoint: undefined,
      gc: {
        image: true,
        image_delay: 180_000,
        container: true,
        dangling_containers: { enabled: true, period: 300_000, creation_grace: 300_000, dry_run: false },
      },
      volumes: { enabled: false },
      allow_privileged: false,
      allow_runtimes: ["runc", "nvidia"],
      image_pull_timeout: 300_000,
      pull_activity_timeout: 120_000,
      container_exists_attempts: 5,
      logging: { type: "json-file", config: { "max-file": "2", "max-size": "2m" } },
      pids_limit: 0,
    });
    expect(parseAgentOptions().allow_caps).toHaveLength(13);
  });

  it("are read from blocks, whether written as objects or lists of one", () => {
    const options = parseAgentOptions([{ gc: [{ image: false, image_delay: "1h5m" }], allow_caps: ["all"] }]);
    expect(options.gc).toMatchObject({ image: false, image_delay: 3_900_000, container: true });
    expect(options.allow_caps).toEqual(["all"]);
  });

  it("are read from the flat names of old, over which a block wins", () => {
    const old = {
      "docker.endpoint": "tcp://10.0.0.1:2375",
      "docker.cleanup.image": "false",
      "docker.cleanup.image.delay": "10m",
      "docker.cleanup.container": "false",
      "docker.tls.cert": "/c",
      "docker.tls.ca": "/a",
      "docker.caps.whitelist": "CHOWN, KILL",
      "docker.privileged.enabled": true,
      "driver.raw_exec.enable": "1",
    };
    expect(parseAgentOptions({ gc: { image: true } }, old)).toMatchObject({
      endpoint: "tcp://10.0.0.1:2375",
      gc: { image: true, image_delay: 600_000, container: false },
      tls: { cert: "/c", ca: "/a" },
      allow_caps: ["CHOWN", "KILL"],
      allow_privileged: true,
    });
  });

  it("that are wrong are named, all at once, as they were written", () => {
    const old = {
      "docker.cleanup.image": "maybe",
      "docker.cleanup.contaner": "true",
      "docker.cleanup.image.delay": "3",
    };
    const config = { gc: { image_delay: "soon" }, pull_activity_timeout: "10s", allow_priviliged: true };
    expect(faults(config, old)).toEqual([
      'docker.cleanup.image: must be true or false, not "maybe"',
      'docker.cleanup.contaner: unknown option; did you mean "docker.cleanup.container"?',
      'docker.cleanup.image.delay: must be a duration such as "30s" or "5m", not "3"',
      'allow_priviliged: unknown key; did you mean "allow_privileged"?',
      'gc.image_delay: must be a duration such as "30s" or "5m", not "soon"',
      "pull_activity_timeout: must be at least 60 seconds",
    ]);
  });

  it("of other drivers are not looked at, but a slip in a name of these is told", () => {
    const old = { "driver.raw_exec.enable": "1", "dokcer.cleanup.image": "false" };
    expect(faults({}, old)).toEqual([
      'dokcer.cleanup.image: unknown option; did you mean "docker.cleanup.image"?',
    ]);
  });

  it.each([
    [{ allow_caps: ["chwon"] }, 'allow_caps.0: "chwon" is no capability; did you mean "CHOWN"?'],
    [{ endpoint: "/var/run/docker.sock" }, "endpoint: must be unix:// or tcp:// and so on"],
    [{ extra_labels: ["job_nam"] }, 'extra_labels.0: "job_nam" matches none of job_name'],
    [{ pids_limit: 1.5 }, "pids_limit: must be a whole number"],
    [{ oom_score_adj: 2000 }, "oom_score_adj: must be from -1000 to 1000"],
    [{ volumes: { selinuxlabel: "y" } }, "volumes.selinuxlabel: must be one of z, Z"],
  ])("of %j are refused", (config, problem) => {
    expect(faults(config)).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    [7],
    ["x"],
    [[1, 2]],
    [[{}, {}]],
    [null],
    [{ gc: 5 }],
    [{ allow_caps: "all" }],
    [{ logging: { config: [3] } }],
  ])("never crash on %j", (config) => {
    problemsOf(() => parseAgentOptions(config));
  });
});
