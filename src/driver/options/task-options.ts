import { type OptionProblem, parseSignal } from "../../task/index.ts";
import { parseImageReference } from "../images/image-reference.ts";
import { checkCapability } from "./capabilities.ts";
import * as check from "./checks.ts";
import { findConflicts } from "./conflicts.ts";
import { block, blocks, type OptionPath, type OptionsOf, type Reading, readFields } from "./fields.ts";
import { mountFields } from "./mount-fields.ts";
import {
  bool,
  choice,
  number,
  numberMap,
  optionalDuration,
  text,
  textBlock,
  textMap,
  textOrTexts,
  texts,
} from "./values.ts";

/** The `config` block of a task with `driver = "docker"`. */
export const taskFields = {
  image: text({
    doc: "The image: [https://][host/]name[:tag][@digest].",
    required: true,
    check: check.all(check.notPadded, check.readBy(parseImageReference)),
  }),
  advertise_ipv6_address: bool({ doc: "Advertise the container's IPv6 address.", default: false }),
  args: textOrTexts({ doc: "Arguments: a list, or (2015) one string that is split as a shell does." }),
  auth: block("Registry login for this image.", {
    username: text({ doc: "The user's name; <token> where the password is an identity token." }),
    password: text({ doc: "The user's password." }),
    email: text({ doc: "Ignored by today's registries." }),
    server_address: text({ doc: "The registry's host." }),
  }),
  auth_soft_fail: bool({ doc: "Pull without login when finding credentials fails.", default: false }),
  cap_add: texts({
    doc: "Capabilities to add; the agent's allow_caps must hold them.",
    each: checkCapability,
  }),
  cap_drop: texts({ doc: "Capabilities to take away; all takes every one.", each: checkCapability }),
  cgroupns: choice({ doc: "The cgroup namespace, host or private.", of: ["host", "private"] }),
  command: text({ doc: "Replaces the image's command.", check: check.notPadded }),
  container_exists_attempts: number({
    doc: "How often to try to replace a dead container of the same name; the agent's number when unset.",
    check: check.wholeAbove0,
  }),
  cpu_cfs_period: number({
    doc: "Period of cpu_hard_limit, microseconds.",
    default: 100_000,
    check: check.wholeWithin(1000, 1_000_000, " microseconds"),
  }),
  cpu_hard_limit: bool({ doc: "Never let the task have more CPU than it asked for.", default: false }),
  cpuset_cpus: text({ doc: "Has no effect any more: resources.cores took its place." }),
  devices: blocks("A device of the host in the container.", {
    host_path: text({
      doc: "The device on the host; the agent's allow_devices must hold it.",
      required: true,
      check: check.absolutePath,
    }),
    container_path: text({
      doc: "Its path in the container; as on the host when unset.",
      check: check.absolutePath,
    }),
    cgroup_permissions: text({
      doc: "Any of r, w and m.",
      default: "rwm",
      check: (value) =>
        /^(?!.*(.).*\1)[rwm]+$/.test(value) ? undefined : `must be made of r, w and m, not "${value}"`,
    }),
  }),
  dns_search_domains: texts({ doc: "DNS search domains.", each: check.oneLine }),
  dns_options: texts({ doc: "Options of the resolver.", each: check.oneLine }),
  dns_servers: texts({ doc: "DNS servers.", each: check.ipAddress("IP") }),
  entrypoint: texts({ doc: "Replaces the image's entrypoint." }),
  extra_hosts: texts({ doc: "Lines for /etc/hosts, name:address.", each: check.extraHost }),
  force_pull: bool({ doc: "Ask the registry although the image is present.", default: false }),
  gpus: text({
    doc: "GPUs of the host: all, a number, or device=<id>,<id>, as the docker command has them.",
    check: check.gpus,
  }),
  group_add: texts({ doc: "Further groups of the task's user.", each: check.oneLine }),
  healthcheck: block(
    "A health check of the task's own; what is left out is the image's, else the engine's.",
    {
      test: textOrTexts({
        doc: "A line for the image's shell, or a list that begins with CMD, CMD-SHELL or NONE.",
        check: check.healthTest,
      }),
      interval: optionalDuration({ doc: "The time between two checks.", min: 1 }),
      timeout: optionalDuration({ doc: "How long one check may take.", min: 1 }),
      retries: number({ doc: "Failures in a row that make the task unhealthy.", check: check.wholeAbove0 }),
      start_period: optionalDuration({ doc: "How long failures after the start do not count.", min: 1 }),
    },
  ),
  healthchecks: block("The image's HEALTHCHECK.", {
    disable: bool({ doc: "Do not run it.", default: false }),
  }),
  hostname: text({ doc: "The container's host name.", check: check.hostName }),
  init: bool({ doc: "Run the task under the engine's init.", default: false }),
  interactive: bool({ doc: "Keep stdin open.", default: false }),
  ipc_mode: text({
    doc: "The IPC namespace; needs allow_privileged or allowed_modes.",
    check: check.modeOf("none", "private", "shareable", "host", "container:"),
  }),
  ipv4_address: text({
    doc: "A fixed address on a user-defined network.",
    check: check.ipAddress("IPv4", 4),
  }),
  ipv6_address: text({
    doc: "A fixed address on a user-defined network.",
    check: check.ipAddress("IPv6", 6),
  }),
  isolation: choice({
    doc: "Isolation of Windows containers.",
    of: ["hyperv", "process", "default"],
  }),
  labels: textMap({ doc: "Labels of the container." }),
  load: text({
    doc: "An image archive below the task's local folder to load instead of a pull.",
    check: check.notPadded,
  }),
  logging: block("The container's log driver.", {
    type: text({ doc: "The log driver; the agent's when unset." }),
    driver: text({ doc: "Older spelling of type." }),
    config: textMap({ doc: "The log driver's options." }),
  }),
  mac_address: text({ doc: "The container's MAC address.", check: check.macAddress }),
  memory_hard_limit: number({
    doc: "Upper memory limit in MB; resources.memory is then kept free.",
    check: check.whole,
  }),
  mount: blocks("A volume, host path, tmpfs or image in the container.", mountFields),
  mounts: blocks("Older spelling of mount.", mountFields),
  network_aliases: texts({
    doc: "Names of the container on a user-defined network.",
    each: check.oneLine,
  }),
  network_mode: text({
    doc: "bridge, host, none, a network's name, or container:<id or name>; see the agent's allowed_modes.",
    check: check.networkMode,
  }),
  oom_score_adj: number({
    doc: "OOM score adjustment, not below the agent's.",
    check: check.wholeWithin(-1000, 1000),
  }),
  pids_limit: number({
    doc: "Most processes, at most the agent's pids_limit.",
    check: check.integer,
  }),
  pid_mode: text({
    doc: "The PID namespace; needs allow_privileged or allowed_modes.",
    check: check.modeOf("host", "container:"),
  }),
  port_map: numberMap({
    doc: "Label of the task's own network -> port in the container.",
    each: check.port,
  }),
  ports: texts({ doc: "Labels of the group's network to map into the container.", each: check.oneLine }),
  pull_policy: choice({
    doc: "When to ask the registry: always, if_not_present or never; by the tag when unset.",
    of: ["always", "if_not_present", "never"],
  }),
  privileged: bool({ doc: "Give the container the host's powers; needs allow_privileged.", default: false }),
  image_pull_timeout: optionalDuration({ doc: "How long the pull may take; the agent's when unset." }),
  readonly_rootfs: bool({ doc: "Mount the container's root for reading only.", default: false }),
  runtime: text({
    doc: "The OCI runtime, one of the agent's allow_runtimes.",
    check: check.notPadded,
  }),
  security_opt: texts({
    doc: "Security options; seccomp=<file> is read on this machine.",
    each: check.securityOption,
  }),
  shm_size: number({ doc: "Size of /dev/shm, bytes.", check: check.whole }),
  stop_signal: text({
    doc: "The signal that ends the task where no kill_signal is given; the image's when unset.",
    check: check.readBy(parseSignal),
  }),
  storage_opt: textBlock({ doc: "Options of the storage driver." }),
  sysctl: textMap({
    doc: "Kernel parameters of the container.",
    each: (_, name) => check.sysctlName(name),
  }),
  tty: bool({ doc: "Give the task a terminal; its output is then one stream.", default: false }),
  ulimit: textMap({ doc: "Limits of the task, soft[:hard].", each: check.ulimit }),
  userns_mode: text({
    doc: "The user namespace; needs allow_privileged or allowed_modes.",
    check: check.modeOf("host"),
  }),
  uts_mode: text({
    doc: "The UTS namespace; needs allow_privileged or allowed_modes.",
    check: check.modeOf("host"),
  }),
  volumes: texts({
    doc: "src:dst[:mode]; a relative src lies in the task's folder, others need volumes.enabled.",
    each: check.volume,
  }),
  volume_driver: text({ doc: "The driver of named volumes; needs volumes.enabled." }),
  work_dir: text({ doc: "The directory the task starts in.", check: check.absolutePath }),
};

/** A task's `config` block, checked and with its defaults; docs/options.md explains each. Durations are milliseconds. */
export type TaskOptions = OptionsOf<typeof taskFields>;

/** A task's options; adds what is wrong with them by themselves to `problems`, with paths from `config` on. */
export function readTaskOptions(config: unknown, problems: OptionProblem[]): TaskOptions {
  return readTaskFields(config, ["config"], { problems, keepReferences: false });
}

/**
 * What is wrong with a `config` block as a job file has it. Values that hold run-time references are taken
 * for right, since only the start knows them.
 */
export function checkTaskOptions(config: unknown): readonly OptionProblem[] {
  const reading: Reading = { problems: [], keepReferences: true };
  readTaskFields(config, [], reading);
  return reading.problems;
}

function readTaskFields(config: unknown, path: OptionPath, reading: Reading): TaskOptions {
  const options = readFields(config, taskFields, path, reading);
  for (const conflict of findConflicts(options)) {
    reading.problems.push({ ...conflict, path: [...path, ...conflict.path] });
  }
  return options;
}
