import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionProblem, parseDurationMs } from "../../task/index.ts";
import { checkTaskOptions, readTaskOptions, taskFields } from "./task-options.ts";

const faults = (config: unknown) =>
  checkTaskOptions(config).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("a config block", () => {
  it("knows each key of Nomad's docker driver, and a few more", () => {
    const keys =
      "image advertise_ipv6_address args auth auth_soft_fail cap_add cap_drop cgroupns command container_exists_attempts cpu_cfs_period cpu_hard_limit cpuset_cpus devices dns_search_domains dns_options dns_servers entrypoint extra_hosts force_pull group_add healthchecks hostname init interactive ipc_mode ipv4_address ipv6_address isolation labels load logging mac_address memory_hard_limit mount mounts network_aliases network_mode oom_score_adj pids_limit pid_mode port_map ports privileged image_pull_timeout readonly_rootfs runtime security_opt shm_size storage_opt sysctl tty ulimit userns_mode uts_mode volumes volume_driver work_dir";
    const more = "gpus healthcheck pull_policy stop_signal";
    expect(Object.keys(taskFields).sort()).toEqual(`${keys} ${more}`.split(" ").sort());
  });

  it("says a sentence about each key", () => {
    for (const { doc } of Object.values(taskFields)) expect(doc).toMatch(/^.{8,}\.$/s);
  });

  it("is judged as written, without what run-time references will bring", () => {
    const config = {
      image: "app:${meta.version}",
      privileged: "${meta.privileged}",
      pids_limit: "${meta.pids}",
      cgroupns: "${meta.ns}",
      ports: ["${meta.port}"],
      port_map: { http: "${meta.port}" },
      volumes: ["${meta.src}/x:/y"],
      auth: { username: "${env.USER}", password: "p" },
      mount: [
        { type: "bind", target: "/b", source: "${meta.src}" },
        { type: "volume", target: "/v", source: "${meta.volume}" },
      ],
      logging: { type: "${meta.logs}", driver: "syslog" },
    };
    expect(faults(config)).toEqual([]);
  });

  it("takes an empty string for a key that is not set, as Go programs write one", () => {
    const texts = Object.entries(taskFields).filter(
      ([, { type, required }]) => (type === "string" || type === "duration") && !required,
    );
    expect(texts.length).toBeGreaterThan(15);
    const empty = Object.fromEntries(texts.map(([name]) => [name, ""]));
    const mount = { type: "", target: "/x", bind_options: { propagation: "" } };
    const problems: OptionProblem[] = [];
    const read = (more: object) => readTaskOptions({ image: "a", ...more }, problems);
    const devices = { host_path: "/dev/x", container_path: "", cgroup_permissions: "" };
    expect(read({ ...empty, mount, devices })).toEqual(
      read({ mount: { target: "/x" }, devices: { host_path: "/dev/x" } }),
    );
    expect(problems).toEqual([]);
  });

  it.each([
    [{}, "image: is required"],
    [{ image: "" }, "image: is required"],
    [{ image: " " }, "image: must not be blank"],
    [{ image: "a", imag: "b" }, 'imag: unknown key; did you mean "image"?'],
    [{ image: "a", zzz: 1 }, "zzz: unknown key"],
    [{ image: ["a"] }, "image: must be a string, not a list"],
    [{ image: "a", auth: [{}, {}] }, "auth: may stand only once"],
    [{ image: "a", auth: { user: "x" } }, "auth.user: unknown key"],
    [
      { image: "a", mounts: [{ target: "/x", tmpfs_options: { sise: 1 } }] },
      'mounts.0.tmpfs_options.sise: unknown key; did you mean "size"?',
    ],
    [
      { image: "a", devices: [{ host_path: "/x", cgroup_permissions: "rr" }] },
      'devices.0.cgroup_permissions: must be made of r, w and m, not "rr"',
    ],
    [{ image: "a", labels: ["x"] }, "labels: must be a map of strings, not a list"],
    [{ image: "a", args: [["x"]] }, "args: must be a list of strings, or one string, not a list"],
    [{ image: "a", ipv4_address: "300.1.1.1" }, 'ipv4_address: "300.1.1.1" is no IPv4 address'],
    [
      { image: "a", image_pull_timeout: "5" },
      'image_pull_timeout: must be a duration such as "30s" or "5m", not "5"',
    ],
    [{ image: "Not An Image" }, 'Image reference "Not An Image": it contains a space'],
    [{ image: "a", stop_signal: "SIGNOPE" }, 'stop_signal: "SIGNOPE" is no signal'],
    [{ image: "a", gpus: "some" }, 'gpus: must be all, a number, or device=<id>,<id>, not "some"'],
    [{ image: "a", healthcheck: { test: ["true"] } }, "a list must begin with NONE, CMD or CMD-SHELL"],
    [{ image: "a", healthcheck: { interval: "0s" } }, "healthcheck.interval: must be at least 1 ms"],
    [{ image: "a", ulimit: { nofile: "9:3" } }, "the soft limit 9 is above the hard limit 3"],
    [{ image: "a", dns_servers: ["8.8.8.8", "x"] }, 'dns_servers.1: "x" is no IP address'],
    [{ image: "a", extra_hosts: ["a:1.2.3.4\n6.6.6.6 b"] }, "must be name:address"],
    [{ image: "a", dns_options: ["ndots:1\nnameserver 6.6.6.6"] }, "must not hold white space"],
    [{ image: "a", volumes: ["a:/b:rx"] }, '"rx" is no mode; there are ro rw z Z'],
    [
      { image: "a", ipc_mode: "hots" },
      "ipc_mode: must be one of none, private, shareable, host, container:<id or name>",
    ],
    [{ image: "a", security_opt: ["seccomp"] }, "seccomp needs a value, as in seccomp=..."],
    [{ image: "a", shm_size: 1e30 }, "shm_size: must be a whole number"],
    [{ image: "a", pids_limit: 1e30 }, "pids_limit: must be a whole number"],
    [{ image: "a", ulimit: { nofile: "99999999999999999999" } }, "is too large a number; -1 is no limit"],
    [{ image: "a", healthcheck: { interval: "9999999h" } }, "healthcheck.interval: must be at most"],
    [{ image: "a", volumes: ["a:/b:ro,z,rw"] }, 'volumes.0: "ro" and "rw" contradict one another'],
    [{ image: "a", volumes: ["a:/b:nocopy"] }, 'volumes.0: "nocopy" is for volumes of a volume_driver'],
    [{ image: "a", mount: { target: "/x", source: "a b" } }, 'mount.0.source: "a b" is no name of a volume'],
    [
      { image: "a", network_mode: "host", sysctl: { "net.core.somaxconn": "1" } },
      'sysctl.net.core.somaxconn: is the host\'s own with network_mode "host"',
    ],
    [
      { image: "a", ipc_mode: "host", sysctl: { "kernel/msgmax": "1" } },
      'sysctl.kernel/msgmax: is the host\'s own with ipc_mode "host"',
    ],
    [
      { image: "a", uts_mode: "host", sysctl: { "kernel.domainname": "x" } },
      'sysctl.kernel.domainname: is the host\'s own with uts_mode "host"',
    ],
    [{ image: "a", cap_drop: ["KIL"] }, '"KIL" is no capability; did you mean "KILL"?'],
    [{ image: "a", work_dir: "tmp" }, 'work_dir: must be an absolute path, not "tmp"'],
    [{ image: "a", force_pull: true, pull_policy: "never" }, 'pull_policy: "never" contradicts force_pull'],
    [{ image: "a", load: "x.tar", pull_policy: "always" }, '"always" contradicts load'],
    [
      { image: "a", healthchecks: { disable: true }, healthcheck: { retries: 1 } },
      "contradicts healthchecks.disable",
    ],
    [{ image: "a", auth: { password: "p" } }, "auth.username: is required beside a password"],
    [{ image: "a", logging: { type: "local", driver: "syslog" } }, '"syslog" contradicts type "local"'],
    [{ image: "a", uts_mode: "host", hostname: "h" }, 'hostname: cannot be set with uts_mode "host"'],
    [{ image: "a", ports: ["x", "x"] }, 'ports.1: "x" stands there twice'],
    [
      { image: "a", mount: [{ type: "bind", target: "/x" }] },
      "mount.0.source: is required for a mount of type bind",
    ],
    ["text", 'must be a block, not "text"'],
  ])("%j is refused", (config, problem) => {
    expect(faults(config)).toContainEqual(expect.stringContaining(problem));
  });

  it("of any form is answered with problems, never with a crash", () => {
    const key = fc.constantFrom(...Object.keys(taskFields));
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (config) => {
        checkTaskOptions(config);
      }),
    );
    fc.assert(fc.property(fc.anything(), (config) => void checkTaskOptions(config)));
  });
});

describe("a duration", () => {
  it.each([
    ["0", 0],
    ["300ms", 300],
    ["5s", 5000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["-2s", -2000],
    [".5s", 500],
    ["1us", 0.001],
    ["", undefined],
    ["5", undefined],
    ["5 s", undefined],
    ["s", undefined],
    [".s", undefined],
    ["1d", undefined],
  ])("%j is %j ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it("is the sum of its parts", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(59), fc.nat(59), (hours, minutes, seconds) => {
        const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
        expect(parseDurationMs(`${hours}h${minutes}m${seconds}s`)).toBe(ms);
      }),
    );
  });
});
