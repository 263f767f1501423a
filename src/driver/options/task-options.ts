import { isIP, isIPv4, isIPv6 } from "node:net";
import type { OptionProblem } from "../../task/index.ts";
import {
  block,
  blocks,
  bool,
  number,
  numberMap,
  type OptionsOf,
  optionalDuration,
  type Reading,
  readFields,
  text,
  textMap,
  textOrTexts,
  texts,
} from "./fields.ts";

const wholeAbove0 = (value: number) =>
  Number.isInteger(value) && value > 0 ? undefined : "must be a whole number above 0";
const whole = (value: number) =>
  Number.isInteger(value) && value >= 0 ? undefined : "must be a whole number, not negative";
const notPadded = (value: string) => {
  if (value.trim() === "") return "must not be blank";
  return value === value.trim() ? undefined : "must not begin or end with white space";
};
const oneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value) ? undefined : `must be one of ${values.join(", ")}, not "${value}"`;
const address = (test: (value: string) => boolean, name: string) => (value: string) =>
  test(value) ? undefined : `"${value}" is no ${name} address`;

const mountFields = {
  type: text({ doc: "volume, bind or tmpfs.", default: "volume", check: oneOf("volume", "bind", "tmpfs") }),
  target: text({ doc: "The path in the container.", required: true, check: notPadded }),
  source: text({ doc: "The volume's name, or a path on the host, relative to the task's folder." }),
  readonly: bool({ doc: "Mount for reading only.", default: false }),
  bind_options: block("For type bind.", {
    propagation: text({
      doc: "How mounts below spread.",
      check: oneOf("private", "rprivate", "shared", "rshared", "slave", "rslave"),
    }),
  }),
  tmpfs_options: block("For type tmpfs.", {
    size: number({ doc: "Bytes.", check: whole }),
    mode: number({ doc: "File mode, decimal.", check: whole }),
  }),
  volume_options: block("For type volume.", {
    no_copy: bool({ doc: "Leave a new volume empty instead of copying the image's files.", default: false }),
    labels: textMap({ doc: "Labels of a new volume." }),
    driver_config: block("The driver of a new volume.", {
      name: text({ doc: "The volume driver." }),
      options: textMap({ doc: "The driver's options." }),
    }),
  }),
};

/** The `config` block of a task with `driver = "docker"`. */
export const taskFields = {
  image: text({ doc: "The image: [https://][host/]name[:tag][@digest].", required: true, check: notPadded }),
  advertise_ipv6_address: bool({ doc: "Advertise the container's IPv6 address.", default: false }),
  args: textOrTexts({ doc: "Arguments: a list, or (2015) one string that is split as a shell does." }),
  auth: block("Registry login for this image.", {
    username: text({ doc: "The user." }),
    password: text({ doc: "The password." }),
    email: text({ doc: "Ignored by today's registries." }),
    server_address: text({ doc: "The registry's host." }),
  }),
  auth_soft_fail: bool({ doc: "Pull without login when finding credentials fails.", default: false }),
  cap_add: texts({ doc: "Capabilities to add; the agent's allow_caps must hold them." }),
  cap_drop: texts({ doc: "Capabilities to take away; all takes every one." }),
  cgroupns: text({ doc: "The cgroup namespace, host or private.", check: oneOf("host", "private") }),
  command: text({ doc: "Replaces the image's command.", check: notPadded }),
  container_exists_attempts: number({
    doc: "How often to try to replace a dead container of the same name; the agent's number when unset.",
    check: wholeAbove0,
  }),
  cpu_cfs_period: number({
    doc: "Period of cpu_hard_limit, microseconds.",
    default: 100_000,
    check: (value) =>
      Number.isInteger(value) && value >= 1000 && value <= 1_000_000
        ? undefined
        : "must be from 1000 to 1000000 microseconds",
  }),
  cpu_hard_limit: bool({ doc: "Never let the task have more CPU than it asked for.", default: false }),
  cpuset_cpus: text({ doc: "Has no effect any more: resources.cores took its place." }),
  devices: blocks("A device of the host in the container.", {
    host_path: text({ doc: "The device on the host.", required: true, check: notPadded }),
    container_path: text({ doc: "Its path in the container; as on the host when unset." }),
    cgroup_permissions: text({
      doc: "Any of r, w and m.",
      default: "rwm",
      check: (value) =>
        /^(?!.*(.).*\1)[rwm]+$/.test(value) ? undefined : `must be made of r, w and m, not "${value}"`,
    }),
  }),
  dns_search_domains: texts({ doc: "DNS search domains." }),
  dns_options: texts({ doc: "Options of the resolver." }),
  dns_servers: texts({
    doc: "DNS servers.",
    check: (servers) => {
      const wrong = servers.find((server) => isIP(server) === 0 && !server.includes("${"));
      return wrong === undefined ? undefined : `"${wrong}" is no IP address`;
    },
  }),
  entrypoint: texts({ doc: "Replaces the image's entrypoint." }),
  extra_hosts: texts({
    doc: "Lines for /etc/hosts, name:address.",
    check: (hosts) => {
      const wrong = hosts.find((host) => !/^[^:]+:.+$/.test(host));
      return wrong === undefined ? undefined : `"${wrong}" must be name:address`;
    },
  }),
  force_pull: bool({ doc: "Ask the registry although the image is present.", default: false }),
  group_add: texts({ doc: "Further groups of the task's user." }),
  healthchecks: block("The image's HEALTHCHECK.", {
    disable: bool({ doc: "Do not run it.", default: false }),
  }),
  hostname: text({ doc: "The container's host name." }),
  init: bool({ doc: "Run the task under the engine's init.", default: false }),
  interactive: bool({ doc: "Keep stdin open.", default: false }),
  ipc_mode: text({ doc: "The IPC namespace; needs allow_privileged or allowed_modes." }),
  ipv4_address: text({ doc: "A fixed address on a user-defined network.", check: address(isIPv4, "IPv4") }),
  ipv6_address: text({ doc: "A fixed address on a user-defined network.", check: address(isIPv6, "IPv6") }),
  isolation: text({ doc: "Isolation of Windows containers.", check: oneOf("hyperv", "process", "default") }),
  labels: textMap({ doc: "Labels of the container." }),
  load: text({ doc: "An image archive in the task's folder to load instead of a pull.", check: notPadded }),
  logging: block("The container's log driver.", {
    type: text({ doc: "The log driver; the agent's when unset." }),
    driver: text({ doc: "Older spelling of type." }),
    config: textMap({ doc: "The log driver's options." }),
  }),
  mac_address: text({
    doc: "The container's MAC address.",
    check: (value) =>
      /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value) ? undefined : `"${value}" is no MAC address`,
  }),
  memory_hard_limit: number({
    doc: "Upper memory limit in MB; resources.memory is then kept free.",
    check: whole,
  }),
  mount: blocks("A volume, host path or tmpfs in the container.", mountFields),
  mounts: blocks("Older spelling of mount.", mountFields),
  network_aliases: texts({ doc: "Names of the container on a user-defined network." }),
  network_mode: text({
    doc: "bridge, host, none, a network's name, or container:<id or name>.",
    check: notPadded,
  }),
  oom_score_adj: number({
    doc: "OOM score adjustment, not below the agent's.",
    check: (value) =>
      Number.isInteger(value) && value >= -1000 && value <= 1000 ? undefined : "must be from -1000 to 1000",
  }),
  pids_limit: number({
    doc: "Most processes, at most the agent's pids_limit.",
    check: (value) => (Number.isInteger(value) ? undefined : "must be a whole number"),
  }),
  pid_mode: text({ doc: "The PID namespace; needs allow_privileged or allowed_modes." }),
  port_map: numberMap({
    doc: "Label of the task's own network -> port in the container.",
    check: (map) => {
      const wrong = Object.entries(map).find(([, port]) => !isPort(port));
      return wrong === undefined ? undefined : `${wrong[0]} = ${wrong[1]} is no port (1 to 65535)`;
    },
  }),
  ports: texts({ doc: "Labels of the group's network to map into the container." }),
  privileged: bool({ doc: "Give the container the host's powers; needs allow_privileged.", default: false }),
  image_pull_timeout: optionalDuration({ doc: "How long the pull may take; the agent's when unset." }),
  readonly_rootfs: bool({ doc: "Mount the container's root for reading only.", default: false }),
  runtime: text({ doc: "The OCI runtime, one of the agent's allow_runtimes." }),
  security_opt: texts({ doc: "Security options; seccomp=<file> is read on this machine." }),
  shm_size: number({ doc: "Size of /dev/shm, bytes.", check: whole }),
  storage_opt: textMap({ doc: "Options of the storage driver." }),
  sysctl: textMap({ doc: "Kernel parameters of the container." }),
  tty: bool({ doc: "Give the task a terminal; its output is then one stream.", default: false }),
  ulimit: textMap({
    doc: "Limits of the task, soft[:hard].",
    check: (limits) => {
      const wrong = Object.entries(limits).find(([, limit]) => !/^-?\d+(:-?\d+)?$/.test(limit));
      return wrong === undefined ? undefined : `${wrong[0]} = "${wrong[1]}" must be soft or soft:hard`;
    },
  }),
  userns_mode: text({ doc: "The user namespace; needs allow_privileged or allowed_modes." }),
  uts_mode: text({ doc: "The UTS namespace; needs allow_privileged or allowed_modes." }),
  volumes: texts({
    doc: "src:dst[:mode]; a relative src lies in the task's folder, others need volumes.enabled.",
    check: (volumes) => {
      const wrong = volumes.find(
        (volume) => !/^[^:]+:[^:]+(:[^:]+)?$/.test(volume) && !volume.includes("${"),
      );
      return wrong === undefined ? undefined : `"${wrong}" must be src:dst or src:dst:mode`;
    },
  }),
  volume_driver: text({ doc: "The driver of named volumes; needs volumes.enabled." }),
  work_dir: text({ doc: "The directory the task starts in." }),
};

export type TaskOptions = OptionsOf<typeof taskFields>;

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** A task's options; adds what is wrong with them by themselves to `problems`, with paths from `config` on. */
export function readTaskOptions(config: unknown, problems: OptionProblem[]): TaskOptions {
  return readFields(config, taskFields, ["config"], { problems, keepReferences: false });
}

/**
 * What is wrong with a `config` block as a job file has it. Values that hold run-time references are taken
 * for right, since only the start knows them.
 */
export function checkTaskOptions(config: unknown): readonly OptionProblem[] {
  const reading: Reading = { problems: [], keepReferences: true };
  readFields(config, taskFields, [], reading);
  return reading.problems;
}
