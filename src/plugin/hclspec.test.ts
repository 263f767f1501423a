import { describe, expect, it } from "vitest";
import { agentFields } from "../driver/options/agent-options.ts";
import type { FieldTable } from "../driver/options/fields.ts";
import { taskFields } from "../driver/options/task-options.ts";
import { toObjectSpec } from "./hclspec.ts";
import { Spec } from "./proto/generated/nomad/hclspec.ts";

interface Described {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly nested?: Readonly<Record<string, Described>>;
}

/** A specification in short, for comparisons. */
function describeObject(spec: Spec | undefined): Readonly<Record<string, Described>> {
  const attributes = spec?.block?.$case === "object" ? [...spec.block.value.attributes] : [];
  return Object.fromEntries(attributes.map(([name, one]) => [name, describeOne(name, one)]));
}

function describeOne(name: string, { block }: Spec): Described {
  switch (block?.$case) {
    case "Attr":
      expect(block.value.name).toBe(name);
      return { type: block.value.type, ...(block.value.required && { required: true }) };
    case "blockAttrs":
      return { type: `block of ${block.value.type}` };
    case "blockValue":
      return { type: "block", nested: describeObject(block.value.nested) };
    case "blockList":
      return { type: "blocks", nested: describeObject(block.value.nested) };
    case "default": {
      const literal = block.value.default?.block;
      const text = literal?.$case === "literal" ? literal.value.value : "";
      return { ...describeOne(name, block.value.primary ?? { block: undefined }), default: text };
    }
    default:
      throw new Error(`unexpected ${block?.$case}`);
  }
}

/**
 * What an agent of today asks of its own docker driver, in full; `mounts` has the keys of `mount`. Source: Nomad's
 * drivers/docker/config.go.
 */
const builtIn = {
  agent: `
    endpoint: string
    auth: block
    auth.config: string
    auth.helper: string
    tls: block
    tls.cert: string
    tls.key: string
    tls.ca: string
    extra_labels: list(string)
    logging: block
    logging.type: string
    logging.config: block of string
    gc: block
    gc.image: bool = true
    gc.image_delay: string = "3m"
    gc.container: bool = true
    gc.dangling_containers: block
    gc.dangling_containers.enabled: bool = true
    gc.dangling_containers.period: string = "5m"
    gc.dangling_containers.creation_grace: string = "5m"
    gc.dangling_containers.dry_run: bool = false
    volumes: block
    volumes.enabled: bool
    volumes.selinuxlabel: string
    allow_privileged: bool
    allow_caps: list(string)
    nvidia_runtime: string = "nvidia"
    allow_runtimes: list(string) = ["runc","nvidia"]
    infra_image: string
    infra_image_pull_timeout: string = "5m"
    image_pull_timeout: string = "5m"
    container_exists_attempts: number = 5
    oom_score_adj: number = 0
    pull_activity_timeout: string = "2m"
    pids_limit: number
    disable_log_collection: bool
    windows_allow_insecure_container_admin: bool
    allowed_modes: block
    allowed_modes.pid: list(string)
    allowed_modes.ipc: list(string)
    allowed_modes.userns: list(string)
    allowed_modes.uts: list(string)
  `,
  task: `
    image: string required
    advertise_ipv6_address: bool
    args: list(string)
    auth: block
    auth.username: string
    auth.password: string
    auth.email: string
    auth.server_address: string
    auth_soft_fail: bool
    cap_add: list(string)
    cap_drop: list(string)
    cgroupns: string
    command: string
    cpuset_cpus: string
    cpu_hard_limit: bool
    cpu_cfs_period: number = 100000
    container_exists_attempts: number
    devices: blocks
    devices.host_path: string
    devices.container_path: string
    devices.cgroup_permissions: string
    dns_search_domains: list(string)
    dns_options: list(string)
    dns_servers: list(string)
    entrypoint: list(string)
    extra_hosts: list(string)
    force_pull: bool
    group_add: list(string)
    healthchecks: block
    healthchecks.disable: bool
    hostname: string
    init: bool
    interactive: bool
    ipc_mode: string
    ipv4_address: string
    ipv6_address: string
    isolation: string
    labels: list(map(string))
    load: string
    logging: block
    logging.type: string
    logging.driver: string
    logging.config: list(map(string))
    mac_address: string
    memory_hard_limit: number
    mount: blocks
    mount.type: string = "volume"
    mount.target: string
    mount.source: string
    mount.readonly: bool
    mount.bind_options: block
    mount.bind_options.propagation: string
    mount.tmpfs_options: block
    mount.tmpfs_options.size: number
    mount.tmpfs_options.mode: number
    mount.volume_options: block
    mount.volume_options.no_copy: bool
    mount.volume_options.labels: list(map(string))
    mount.volume_options.driver_config: block
    mount.volume_options.driver_config.name: string
    mount.volume_options.driver_config.options: list(map(string))
    mounts: blocks
    network_aliases: list(string)
    network_mode: string
    oom_score_adj: number
    runtime: string
    pids_limit: number
    pid_mode: string
    ports: list(string)
    port_map: list(map(number))
    privileged: bool
    image_pull_timeout: string
    readonly_rootfs: bool
    security_opt: list(string)
    shm_size: number
    storage_opt: block of string
    sysctl: list(map(string))
    tty: bool
    ulimit: list(map(string))
    uts_mode: string
    userns_mode: string
    volumes: list(string)
    volume_driver: string
    work_dir: string
  `,
};

/** One line a key, those of blocks under their block's name. */
function toLines(keys: Readonly<Record<string, Described>>, before = ""): readonly string[] {
  return Object.entries(keys).flatMap(([name, { type, required, default: literal, nested }]) => {
    const more = `${required ? " required" : ""}${literal === undefined ? "" : ` = ${literal}`}`;
    return [`${before}${name}: ${type}${more}`, ...toLines(nested ?? {}, `${before}${name}.`)];
  });
}

describe("toObjectSpec", () => {
  const task = describeObject(toObjectSpec(taskFields));
  const agent = describeObject(toObjectSpec(agentFields));

  it.each([
    ["an agent's options", builtIn.agent, toLines(agent)],
    ["a task's keys", builtIn.task, toLines(task)],
  ])("takes %s in the types and with the defaults of the built-in driver", (_, expected, lines) => {
    const all = expected
      .trim()
      .split("\n")
      .map((line) => line.trim());
    // Told at once, where the built-in driver tells it at the start.
    const stricter = ["devices.host_path: string", "mount.target: string"];
    const told = lines.map((line) => stricter.find((loose) => line === `${loose} required`) ?? line);
    // A default of ours may stand where the built-in driver has the same in its code, or none.
    const found = [...told, ...told.map((line) => line.replace(/ = .*/, ""))];
    expect(all.filter((line) => !found.includes(line))).toEqual([]);
    expect(all.length).toBeGreaterThan(40);
  });

  it("allows the capabilities that the built-in driver does", () => {
    expect(agent.allow_caps?.default).toContain('"NET_BIND_SERVICE"');
    expect(agent.allow_caps?.default).not.toContain("NET_RAW");
  });

  it("names every key of the tables, and is read back as it was written", () => {
    const count = (fields: FieldTable): number =>
      Object.values(fields).reduce((sum, field) => sum + 1 + (field.fields ? count(field.fields) : 0), 0);
    const countDescribed = (keys: Readonly<Record<string, Described>>): number =>
      Object.values(keys).reduce((sum, key) => sum + 1 + (key.nested ? countDescribed(key.nested) : 0), 0);
    for (const [fields, described] of [
      [taskFields, task],
      [agentFields, agent],
    ] as const) {
      expect(countDescribed(described)).toBe(count(fields));
      expect(describeObject(Spec.decode(Spec.encode(toObjectSpec(fields)).finish()))).toEqual(described);
    }
  });
});
