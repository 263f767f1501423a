import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemsOf, sampleResources, sampleTask } from "../../../test/driver/sample-task.ts";
import type { TaskConfig } from "../../task/index.ts";
import { parseAgentOptions } from "../options/agent-options.ts";
import { taskFields } from "../options/task-options.ts";
import type { HostFiles } from "./host-files.ts";
import { type PlanContext, planContainer } from "./plan-container.ts";
import { toCpuShares, toMemoryLimits } from "./resources.ts";

// Written as it stands: the kernel's numbers have 64 bits, JavaScript's 53.
const profile =
  '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{ "args": [{ "value": 18446744073709551615 }] }] }';
const files: HostFiles = {
  realPath: (path) => (path.includes("/link") ? "/etc" : path),
  kindOf: (path) => (path.includes("/dev") ? "device" : "missing"),
  readText: (path) => {
    if (path === "/profile.json") return profile;
    throw new Error(`ENOENT ${path}`);
  },
};

function context(agent: object = {}, rest: Partial<PlanContext> = {}): PlanContext {
  const topology = { totalMhz: 4000, cores: 2 };
  const engine = { cgroupVersion: 1, osType: "linux", memoryBytes: 8 * 1024 ** 3 } as const;
  return { agentOptions: parseAgentOptions(agent), engine, topology, files, ...rest };
}

const plan = (task: TaskConfig, agent: object = {}, rest: Partial<PlanContext> = {}) =>
  planContainer(task, context(agent, rest));
const host = (config: object, agent: object = {}) =>
  plan(sampleTask({ ...config }), agent).request.HostConfig;
const faults = (config: object, agent: object = {}, task: Partial<TaskConfig> = {}) =>
  problemsOf(() => plan(sampleTask({ ...config }, task), agent));

const ports = [
  { label: "http", value: 22_000, to: 80, hostIp: "127.0.0.1" },
  { label: "admin", value: 22_001, to: 0, hostIp: "127.0.0.1" },
];
const ownNetwork = {
  ip: "10.0.0.1",
  reservedPorts: [{ label: "main", value: 8080 }],
  dynamicPorts: [
    { label: "6379", value: 22_333, to: 6379 },
    { label: "web", value: 22_334 },
  ],
};

describe("a plan", () => {
  it.each([
    ["SIGUSR1", "SIGUSR1"],
    ["usr1", "SIGUSR1"],
    ["rtmin+20", "54"],
  ])("has the stop signal %s as an engine knows it", (stop_signal, expected) => {
    expect(plan(sampleTask({ stop_signal })).request.StopSignal).toBe(expected);
    expect(faults({ stop_signal: "nope", command: " " })).toHaveLength(2);
  });

  it("of a plain task is a whole create request", () => {
    const { name, request, notes } = plan(sampleTask({}, { name: "a/b", env: { Z: "1", A: "2" } }));
    expect(name).toBe("a_b-a1");
    expect(notes).toEqual([]);
    expect(request).toEqual({
      Image: "app",
      Env: ["A=2", "Z=1"],
      Labels: { "com.hashicorp.nomad.alloc_id": "a1" },
      HostConfig: {
        NetworkMode: "default",
        Binds: [
          "/allocs/a1/alloc:/alloc",
          "/allocs/a1/a/b/local:/local",
          "/allocs/a1/a/b/secrets:/secrets",
          "/allocs/a1/alloc/logs:/alloc/logs:ro",
        ],
        CpuShares: 500,
        Memory: 268_435_456,
        MemorySwap: 268_435_456,
        MemorySwappiness: 0,
        PidsLimit: -1,
        OomScoreAdj: 0,
        Privileged: false,
        CapDrop: ["NET_RAW"],
        LogConfig: { Type: "json-file", Config: { "max-file": "2", "max-size": "2m" } },
      },
    });
  });

  it.each(["日本", "my task", "-x", "a:b"])(
    "has no container for a task %j, whose name Docker would refuse",
    (name) => {
      const problem = `"${name}" cannot be a task's name: its container is called after it`;
      expect(faults({}, {}, { name })).toEqual([expect.stringContaining(problem)]);
    },
  );

  it("of any config is a request or tells faults", () => {
    const key = fc.constantFrom(...Object.keys(taskFields));
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.string()),
      fc.string(),
      fc.dictionary(fc.string(), fc.string()),
    );
    fc.assert(
      fc.property(fc.dictionary(key, value), (config) => {
        problemsOf(() => plan(sampleTask(config)));
      }),
      { numRuns: 500 },
    );
  });

  it("passes simple keys through", () => {
    const { request } = plan(
      sampleTask(
        {
          entrypoint: ["/bin/e"],
          tty: "true",
          interactive: true,
          work_dir: "/w",
          hostname: "h",
          healthchecks: [{ disable: true }],
          labels: [{ a: "1" }, { b: 2 }],
          init: true,
          shm_size: "1024",
          sysctl: [{ "net.core.somaxconn": "16384" }],
          ulimit: [{ nofile: "2048:4096", nproc: "10" }],
          storage_opt: { size: "1G" },
          readonly_rootfs: true,
          group_add: ["audio"],
          cgroupns: "private",
          mac_address: "02:42:ac:11:00:02",
          dns_servers: ["8.8.8.8"],
          dns_search_domains: ["corp"],
          dns_options: ["ndots:1"],
          extra_hosts: ["db:10.0.0.9"],
          devices: [{ host_path: "/dev/null", cgroup_permissions: "r" }],
          pids_limit: 50,
          oom_score_adj: 5,
          runtime: "runc",
          security_opt: ["no-new-privileges", "seccomp=/profile.json", "seccomp=unconfined"],
        },
        { user: "nobody" },
      ),
    );
    expect(request).toMatchObject({
      Entrypoint: ["/bin/e"],
      Tty: true,
      OpenStdin: true,
      WorkingDir: "/w",
      Hostname: "h",
      User: "nobody",
      MacAddress: "02:42:ac:11:00:02",
      Healthcheck: { Test: ["NONE"] },
      Labels: { a: "1", b: "2", "com.hashicorp.nomad.alloc_id": "a1" },
      HostConfig: {
        Init: true,
        ShmSize: 1024,
        Sysctls: { "net.core.somaxconn": "16384" },
        Ulimits: [
          { Name: "nofile", Soft: 2048, Hard: 4096 },
          { Name: "nproc", Soft: 10, Hard: 10 },
        ],
        StorageOpt: { size: "1G" },
        ReadonlyRootfs: true,
        GroupAdd: ["audio"],
        CgroupnsMode: "private",
        Dns: ["8.8.8.8"],
        DnsSearch: ["corp"],
        DnsOptions: ["ndots:1"],
        ExtraHosts: ["db:10.0.0.9"],
        Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/null", CgroupPermissions: "r" }],
        PidsLimit: 50,
        OomScoreAdj: 5,
        Runtime: "runc",
        SecurityOpt: ["no-new-privileges", `seccomp=${profile}`, "seccomp=unconfined"],
      },
    });
  });

  it("tells all faults at once, each with its path", () => {
    expect(
      faults({
        image: undefined,
        comand: "x",
        ports: ["nope"],
        privileged: "maybe",
        cpu_cfs_period: 5,
        ulimit: { nproc: "b" },
      }),
    ).toEqual([
      'config.comand: unknown key; did you mean "command"?',
      "config.image: is required",
      "config.cpu_cfs_period: must be from 1000 to 1000000 microseconds",
      'config.privileged: must be true or false, not "maybe"',
      'config.ulimit.nproc: "b" must be soft or soft:hard',
      'config.ports.0: Port "nope" not found, check network block',
    ]);
  });
});

describe("a command", () => {
  const env = { NAME: "a b", NOMAD_PORT_6379: "22333" };
  it.each([
    [{ command: "run", args: ["-x", "a b"] }, ["run", "-x", "a b"]],
    [{ args: ["-x"] }, ["-x"]],
    [{ command: "run" }, ["run"]],
    [{}, undefined],
    [
      { command: "run", args: "-p $NOMAD_PORT_6379 '${NAME}' $UNKNOWN" },
      ["run", "-p", "22333", "a b", "$UNKNOWN"],
    ],
    [{ args: "-x" }, undefined],
  ])("of %j is %j", (config, words) => {
    expect(plan(sampleTask(config, { env })).request.Cmd).toEqual(words);
  });

  it("says in a note that a 2015 string of arguments is split, or ignored", () => {
    expect(plan(sampleTask({ args: "-x" })).notes[0]).toContain("ignored");
    expect(plan(sampleTask({ command: "a", args: "-x" })).notes[0]).toContain("split");
  });

  it("must not be blank, and quotes must be closed", () => {
    expect(faults({ command: " " })).toEqual(["config.command: must not be blank"]);
    expect(faults({ command: "a", args: "'b" })).toEqual(["config.args: a ' is not closed in: 'b"]);
  });
});

describe("ports", () => {
  const bindings = (task: TaskConfig) => plan(task).request.HostConfig.PortBindings;

  it("of the group's network are those the task names, TCP and UDP, on their host address", () => {
    const task = sampleTask({ ports: ["http", "admin"] }, { resources: sampleResources({ ports }) });
    const http = [{ HostIp: "127.0.0.1", HostPort: "22000" }];
    const admin = [{ HostIp: "127.0.0.1", HostPort: "22001" }];
    expect(bindings(task)).toEqual({
      "80/tcp": http,
      "80/udp": http,
      "22001/tcp": admin,
      "22001/udp": admin,
    });
    expect(Object.keys(plan(task).request.ExposedPorts ?? {})).toEqual([
      "80/tcp",
      "80/udp",
      "22001/tcp",
      "22001/udp",
    ]);
  });

  it("of the task's own network are all mapped: by port_map, by a numeric label, else 1:1", () => {
    const resources = sampleResources({ networks: [ownNetwork] });
    const task = sampleTask({ port_map: [{ web: 80 }] }, { resources });
    const numbers = Object.entries(bindings(task) ?? {}).map(([key, [one]]) => `${one?.HostPort}:${key}`);
    expect(numbers).toEqual([
      "8080:8080/tcp",
      "8080:8080/udp",
      "22333:6379/tcp",
      "22333:6379/udp",
      "22334:80/tcp",
      "22334:80/udp",
    ]);
    expect(plan(task).request.Env).toEqual(["NOMAD_PORT_web=80"]);
  });

  it("that nobody knows are refused with the labels there are", () => {
    const resources = sampleResources({ ports });
    expect(faults({ ports: ["htp"] }, {}, { resources })).toEqual([
      'config.ports.0: Port "htp" not found, check network block',
    ]);
    expect(faults({ port_map: { http: 80 } }, {}, { resources })).toEqual([
      "config.port_map: 'port_map' cannot map group network ports, use 'ports' instead",
    ]);
    expect(faults({ port_map: { http: 0 } }, {}, { resources })).toContain(
      "config.port_map.http: must be from 1 to 65535",
    );
  });

  it("are the host's own with network_mode host, and the group's in a shared network", () => {
    const resources = sampleResources({ ports });
    const onHost = plan(sampleTask({ ports: ["http"], network_mode: "host" }, { resources }));
    expect(onHost.request.HostConfig.PortBindings).toBeUndefined();
    expect(onHost.notes).toHaveLength(1);
    const networkIsolation = {
      mode: "group",
      path: "/ns",
      labels: { docker_sandbox_container_id: "c1" },
    } as const;
    const shared = plan(sampleTask({ ports: ["http"] }, { resources, networkIsolation }));
    expect(shared.request.HostConfig).toMatchObject({ NetworkMode: "container:c1" });
    expect(shared.request.HostConfig.PortBindings).toBeUndefined();
  });

  it("are each bound twice whatever they are", () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(fc.uniqueArray(port), fc.uniqueArray(port), (values, targets) => {
        const all = values.map((value, n) => ({ label: `p${n}`, value, to: targets[n] ?? 0, hostIp: "" }));
        const task = sampleTask(
          { ports: all.map(({ label }) => label) },
          { resources: sampleResources({ ports: all }) },
        );
        const bound = Object.values(bindings(task) ?? {}).flat();
        expect(bound).toHaveLength(2 * all.length);
        expect(new Set(bound.map(({ HostPort }) => HostPort)).size).toBe(all.length);
      }),
    );
  });
});

describe("network_mode", () => {
  it.each(["default", "bridge", "host", "none"])("%s is valid in 2015 and today", (network_mode) => {
    expect(plan(sampleTask({ network_mode }, { seedStyle: true })).networkMode).toBe(network_mode);
  });

  it("container:x is handed on today and invalid in a file of 2015", () => {
    expect(host({ network_mode: "container:x" }).NetworkMode).toBe("container:x");
    const problems = faults({ network_mode: "container:x" }, {}, { seedStyle: true });
    expect(problems).toEqual(['config.network_mode: invalid network mode "container:x"']);
  });

  it("of a user's network takes aliases and addresses, others do not", () => {
    const keys = { network_aliases: ["db"], ipv4_address: "10.9.0.5" };
    const { request } = plan(sampleTask({ network_mode: "mine", ...keys }));
    const endpoint = { Aliases: ["db"], IPAMConfig: { IPv4Address: "10.9.0.5" } };
    expect(request.NetworkingConfig?.EndpointsConfig).toEqual({ mine: endpoint });
    expect(faults(keys)).toEqual([
      "config.ipv4_address: works only on a user-defined network",
      "config.network_aliases: works only on a user-defined network",
    ]);
  });

  it("in a shared network turns names and DNS into files", () => {
    const networkIsolation = {
      mode: "group",
      path: "/ns",
      labels: { docker_sandbox_container_id: "c1" },
    } as const;
    const dns = { servers: ["1.1.1.1"], searches: ["corp"], options: [] };
    const made = plan(sampleTask({ extra_hosts: ["db:10.0.0.9"] }, { networkIsolation, dns }));
    expect(made.files.map(({ hostPath, text }) => [hostPath, text])).toEqual([
      ["/allocs/a1/web/resolv.conf", "nameserver 1.1.1.1\nsearch corp\n"],
      [
        "/allocs/a1/web/hosts",
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.0.0.9 db\n",
      ],
    ]);
    expect(made.request.HostConfig.Mounts).toHaveLength(2);
    expect(made.request.HostConfig.Dns).toBeUndefined();
  });

  it("a shared network that the host has wired has its name and address in /etc/hosts", () => {
    const labels = { docker_sandbox_container_id: "c1", docker_sandbox_hostname: "h" };
    const hosts = { hostname: "h", address: "172.26.64.5" };
    const networkIsolation = { mode: "group", path: "/ns", labels, hosts } as const;
    const [file] = plan(sampleTask({}, { networkIsolation })).files;
    expect(file).toEqual({
      hostPath: "/allocs/a1/web/hosts",
      taskPath: "/etc/hosts",
      text: "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n172.26.64.5 h\n",
    });
  });

  it("does not mix the task's DNS with the group's, nor two host names", () => {
    const dns = { servers: ["1.1.1.1"], searches: [], options: [] };
    expect(faults({ dns_servers: ["8.8.8.8"] }, {}, { dns })).toHaveLength(1);
    const labels = { docker_sandbox_container_id: "c1", docker_sandbox_hostname: "h" };
    const networkIsolation = { mode: "group", path: "/ns", labels } as const;
    expect(faults({ hostname: "x" }, {}, { networkIsolation })).toHaveLength(1);
  });
});

describe("mounts", () => {
  const volumes = { volumes: { enabled: true } };

  it("in the allocation's folder need no permission, others do, links resolved before that", () => {
    expect(host({ volumes: ["data:/data", "../alloc/x:/x:ro"] }).Binds?.slice(4)).toEqual([
      "/allocs/a1/web/data:/data",
      "/allocs/a1/alloc/x:/x:ro",
    ]);
    const refused = (path: string) => faults({ volumes: [`${path}:/d`] })[0];
    expect(refused("/etc")).toBe('config.volumes.0: volumes are not enabled; cannot mount host path "/etc"');
    expect(refused("../../../etc")).toContain('"../../../etc" (/etc)');
    expect(refused("local/link")).toContain('"local/link" (/etc)');
    expect(refused("../../a1x/y")).toContain("/allocs/a1x/y");
    expect(host({ volumes: ["/etc:/d"] }, volumes).Binds?.[4]).toBe("/etc:/d");
  });

  it("carry the SELinux label", () => {
    const { Binds } = host({ volumes: ["data:/data"] }, { volumes: { selinuxlabel: "z" } });
    expect(Binds?.slice(3)).toEqual([
      "/allocs/a1/alloc/logs:/alloc/logs:ro,z",
      "/allocs/a1/web/data:/data:z",
    ]);
  });

  it("are made of mount blocks", () => {
    const mount = [
      { type: "bind", target: "/b", source: "x", readonly: true, bind_options: [{ propagation: "rslave" }] },
      { type: "tmpfs", target: "/t", tmpfs_options: { size: 1000, mode: 511 } },
      {
        target: "/v",
        source: "vol",
        volume_options: [
          { no_copy: true, labels: [{ a: "b" }], driver_config: [{ name: "d", options: [{ o: 1 }] }] },
        ],
      },
    ];
    expect(host({ mount }, volumes).Mounts).toEqual([
      {
        Type: "bind",
        Target: "/b",
        Source: "/allocs/a1/web/x",
        ReadOnly: true,
        BindOptions: { Propagation: "rslave" },
      },
      { Type: "tmpfs", Target: "/t", ReadOnly: false, TmpfsOptions: { SizeBytes: 1000, Mode: 511 } },
      {
        Type: "volume",
        Target: "/v",
        Source: "vol",
        ReadOnly: false,
        VolumeOptions: { NoCopy: true, Labels: { a: "b" }, DriverConfig: { Name: "d", Options: { o: "1" } } },
      },
    ]);
  });

  it("of an unknown type are refused for that alone", () => {
    expect(faults({ mount: [{ type: "tmfs", target: "/a" }] })).toEqual([
      expect.stringContaining("config.mount.0.type: must be one of volume, bind, tmpfs, image"),
    ]);
  });

  it("that do not hold are refused", () => {
    expect(faults({ mounts: [{ target: "/v", source: "vol" }] })[0]).toContain(
      "config.mounts.0: volumes are not enabled",
    );
    expect(faults({ mount: { type: "tmpfs", target: "/t", source: "x" } })).toEqual([
      "config.mount.0.source: must not be set for a tmpfs",
    ]);
    expect(faults({ mount: { type: "bind" } })).toContain("config.mount.target: is required");
    expect(faults({ mount: [{ type: "nfs", target: "/t" }] })[0]).toContain(
      "must be one of volume, bind, tmpfs",
    );
    expect(faults({ volume_driver: "x" })).toHaveLength(1);
    expect(faults({ volumes: ["x"] })).toEqual(['config.volumes.0: "x" must be src:dst or src:dst:mode']);
  });

  it("say which options have no effect, and miss no driver's name", () => {
    const mount = [{ type: "tmpfs", target: "/t", bind_options: [{ propagation: "shared" }] }];
    expect(plan(sampleTask({ mount })).notes).toEqual([
      "mount.0: bind_options have no effect on a mount of type tmpfs",
    ]);
    const volume = [{ target: "/v", volume_options: [{ driver_config: [{ options: [{ o: "1" }] }] }] }];
    expect(faults({ mount: volume }, volumes)).toEqual([
      "config.mount.0.volume_options.driver_config.name: is required where there are options",
    ]);
  });

  it("keep paths with colons by another way of saying", () => {
    const { HostConfig } = plan(sampleTask({}, { allocDir: "/a:b" })).request;
    expect(HostConfig.Binds).toEqual([]);
    expect(HostConfig.Mounts).toHaveLength(4);
  });
});

describe("limits", () => {
  it.each([
    [500, 4000, 500],
    [1, 4000, 2],
    [300_000, 4000, 262_144],
    [262_144, 524_288, 131_072],
  ])("of %i MHz on a machine with %i are %i shares", (mhz, total, shares) => {
    expect(toCpuShares(mhz, total)).toBe(shares);
  });

  it.each([
    [256, 0, 0, 256, 0],
    [256, -1, 0, 0, 256],
    [256, -1, 512, 0, 256],
    [256, 512, 0, 512, 256],
    [256, 0, 512, 512, 256],
    [256, 1024, 512, 1024, 256],
  ])(
    "of memory %i, memory_max %i, hard limit %i are %i and reserve %i",
    (memory, max, hard, limit, reserve) => {
      expect(toMemoryLimits(memory, max, hard)).toEqual({ limitMb: limit, reservationMb: reserve });
    },
  );

  it("leave swappiness unset on cgroup v2", () => {
    const engine = { cgroupVersion: 2, osType: "linux", memoryBytes: 0 } as const;
    expect(plan(sampleTask(), {}, { engine }).request.HostConfig.MemorySwappiness).toBeUndefined();
  });

  it.each([
    [{ cpuMhz: 0 }, "resources.cpu: must be above 0 MHz, not 0"],
    [{ memoryMb: -5 }, "resources.memory: must be above 0 MB, not -5"],
    [{ cpuMhz: Number.NaN }, "resources.cpu: must be above 0 MHz, not NaN"],
    [{ memoryMb: 9000 }, "resources.memory: 9000 MB are more than the machine has (8192 MB)"],
    [
      { memoryMb: 300, memoryMaxMb: 200 },
      "resources.memory: 300 MB are more than the limit of 200 MB (memory_max or memory_hard_limit)",
    ],
  ])("%j are refused", (changes, problem) => {
    expect(faults({}, {}, { resources: sampleResources(changes) })).toEqual([problem]);
  });

  it("of CPU time are a quota of the machine's compute", () => {
    const resources = sampleResources({ percentTicks: 0.125 });
    const { HostConfig } = plan(
      sampleTask({ cpu_hard_limit: true, cpu_cfs_period: 50_000 }, { resources }),
    ).request;
    expect(HostConfig).toMatchObject({ CpuPeriod: 50_000, CpuQuota: 12_500 });
  });

  it("of the agent hold for its tasks", () => {
    expect(host({}, { pids_limit: 100 }).PidsLimit).toBe(100);
    expect(faults({ pids_limit: 101 }, { pids_limit: 100 })).toHaveLength(1);
    expect(faults({ oom_score_adj: -1 })).toHaveLength(1);
    expect(host({ oom_score_adj: -1 }, { oom_score_adj: -5 }).OomScoreAdj).toBe(-1);
  });
});

describe("powers", () => {
  it.each([
    [{ cap_add: ["chown"] }, {}, { CapAdd: ["CHOWN"], CapDrop: ["NET_RAW"] }],
    [{ cap_drop: ["CAP_KILL"] }, {}, { CapDrop: ["KILL", "NET_RAW"] }],
    [{ cap_drop: ["all"], cap_add: ["cap_kill"] }, {}, { CapAdd: ["KILL"], CapDrop: ["ALL"] }],
    [{ cap_add: ["SYS_ADMIN"] }, { allow_caps: ["all"] }, { CapAdd: ["SYS_ADMIN"] }],
    [{ cap_add: ["all"] }, { allow_caps: ["ALL"] }, { CapAdd: ["ALL"] }],
    [{ cap_add: ["net_raw"] }, { allow_caps: ["net_raw", "chown"] }, { CapAdd: ["NET_RAW"] }],
  ])("%j with %j are %j", (config, agent, result) => {
    expect(host(config, agent)).toMatchObject(result);
  });

  it.each([
    [
      { cap_add: ["sys_admin"] },
      "config.cap_add: the docker driver's option allow_caps does not hold SYS_ADMIN",
    ],
    [{ privileged: true }, "config.privileged: needs allow_privileged in the docker driver's options"],
    [
      { pid_mode: "host" },
      `config.pid_mode: "host" needs allow_privileged or allowed_modes.pid in the docker driver's options`,
    ],
    [
      { runtime: "kata" },
      `config.runtime: "kata" is not in the docker driver's option allow_runtimes (runc, nvidia)`,
    ],
    [{ isolation: "hyperv" }, "config.isolation: works on Windows only, not on linux"],
    [
      { security_opt: ["seccomp=/nope"] },
      "config.security_opt.0: cannot read the seccomp profile /nope: ENOENT /nope",
    ],
  ])("%j are refused without the agent's leave", (config, problem) => {
    expect(faults(config)).toEqual([problem]);
  });

  it("of namespaces are allowed by globs or by allow_privileged", () => {
    expect(host({ ipc_mode: "container:x" }, { allowed_modes: { ipc: ["container:*"] } }).IpcMode).toBe(
      "container:x",
    );
    expect(host({ uts_mode: "host" }, { allow_privileged: true }).UTSMode).toBe("host");
  });

  it("of a GPU bring the agent's runtime", () => {
    const task = sampleTask({}, { deviceEnv: { NVIDIA_VISIBLE_DEVICES: "0" } });
    expect(plan(task).request.HostConfig.Runtime).toBe("nvidia");
  });
});

describe("labels and logging", () => {
  it("hold the agent's extra labels, by name or glob", () => {
    const { Labels } = plan(sampleTask(), { extra_labels: ["job_*", "node_id"] }).request;
    expect(Labels).toEqual({
      "com.hashicorp.nomad.alloc_id": "a1",
      "com.hashicorp.nomad.job_name": "My job",
      "com.hashicorp.nomad.job_id": "job",
      "com.hashicorp.nomad.node_id": "n1",
    });
  });

  it.each([
    [{}, { Type: "json-file", Config: { "max-file": "2", "max-size": "2m" } }],
    [{ logging: [{ driver: "journald" }] }, { Type: "journald", Config: {} }],
    [
      { logging: { type: "local", config: [{ "max-size": "1m" }] } },
      { Type: "local", Config: { "max-size": "1m" } },
    ],
    [{ logging: { config: { "max-file": "9" } } }, { Type: "json-file", Config: { "max-file": "9" } }],
  ])("of %j are %j", (config, result) => {
    expect(host(config).LogConfig).toEqual(result);
  });
});
