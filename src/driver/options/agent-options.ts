import { OptionsError } from "../../task/index.ts";
import { checkCapability, defaultCaps } from "./capabilities.ts";
import * as check from "./checks.ts";
import { block, type OptionsOf, type Reading, readFields } from "./fields.ts";
import { matchesGlob } from "./glob.ts";
import { readOldOptions } from "./old-options.ts";
import { bool, choice, duration, number, optionalDuration, text, textBlock, texts } from "./values.ts";

const minute = 60_000;

/** What `extra_labels` may name. */
const extraLabels =
  "job_name job_id parent_job_id task_group_name task_name namespace node_name node_id".split(" ");

/** `plugin "docker" { config { ... } }` of an agent: what its operator allows and wishes. */
export const agentFields = {
  endpoint: text({
    doc: "Where the engine listens; found by itself when unset.",
    check: (value) =>
      /^(unix|tcp|https?|npipe|fd):\/\/./.test(value)
        ? undefined
        : `must be unix:// or tcp:// and so on, not "${value}"`,
  }),
  auth: block("Registry credentials for all tasks.", {
    config: text({ doc: "A Docker config file with credentials." }),
    helper: text({ doc: "The <name> of a docker-credential-<name> program to ask." }),
  }),
  tls: block("Files for an engine that is reached through TLS.", {
    cert: text({ doc: "The client certificate." }),
    key: text({ doc: "The client certificate's key." }),
    ca: text({ doc: "The authority that signed the engine's certificate." }),
  }),
  gc: block("What is removed once tasks are done.", {
    image: bool({ doc: "Remove images that no task uses any more.", default: true }),
    image_delay: duration({ doc: "How long an unused image stays.", default: "3m" }),
    container: bool({ doc: "Remove a task's container when the task is destroyed.", default: true }),
    dangling_containers: block("Removal of containers whose task is unknown.", {
      enabled: bool({ doc: "Look for such containers.", default: true }),
      period: duration({ doc: "How often to look.", default: "5m" }),
      creation_grace: duration({ doc: "How old a container must be.", default: "5m", min: minute }),
      dry_run: bool({ doc: "Only tell which would be removed.", default: false }),
    }),
  }),
  volumes: block("Host paths and volumes in tasks.", {
    enabled: bool({ doc: "Allow host paths outside the allocation folder, and volumes.", default: false }),
    selinuxlabel: choice({
      doc: "SELinux label of the allocation's mounts, z or Z.",
      of: ["z", "Z"],
    }),
  }),
  allow_privileged: bool({ doc: "Allow privileged containers and the host's namespaces.", default: false }),
  allow_caps: texts({
    doc: "Capabilities that a task may have, or all.",
    default: defaultCaps,
    each: checkCapability,
  }),
  allow_devices: texts({
    doc: "Devices of the host (or globs of their paths) that a task may have by the key devices.",
    default: ["*"],
  }),
  allow_runtimes: texts({ doc: "Runtimes that a task may name.", default: ["runc", "nvidia"] }),
  nvidia_runtime: text({ doc: "The runtime for tasks with an NVIDIA device.", default: "nvidia" }),
  infra_image: text({
    doc: "Image of the container that holds a group's network; the Kubernetes pause image when unset.",
  }),
  infra_image_pull_timeout: duration({ doc: "How long the pull of infra_image may take.", default: "5m" }),
  image_pull_timeout: duration({ doc: "How long a pull may take.", default: "5m" }),
  pull_activity_timeout: duration({
    doc: "How long a pull may stand still.",
    default: "2m",
    min: minute,
  }),
  container_exists_attempts: number({
    doc: "How often to try to replace a dead container of the same name.",
    default: 5,
    check: check.wholeAbove0,
  }),
  extra_labels: texts({
    doc: "Labels (or globs of them) to put on containers, e.g. job_name or task*.",
    each: (glob) =>
      extraLabels.some((name) => matchesGlob(glob, name))
        ? undefined
        : `"${glob}" matches none of ${extraLabels.join(", ")}`,
  }),
  logging: block("The log driver of containers that name none.", {
    type: text({ doc: "The log driver.", default: "json-file" }),
    config: textBlock({ doc: "Its options.", default: { "max-file": "2", "max-size": "2m" } }),
  }),
  logs: block("How the tasks' output is kept.", {
    direct: bool({
      doc: "Write the tasks' log files in the driver instead of through the host's log collector.",
      default: false,
    }),
    from_files: bool({
      doc: "Read output from the engine's json-file logs where they are on this machine, without asking the engine.",
      default: true,
    }),
    max_files: number({
      doc: "Files kept of each stream with direct.",
      default: 10,
      check: check.wholeAbove0,
    }),
    max_file_size: number({
      doc: "Size of one file with direct, MB.",
      default: 10,
      check: check.wholeAbove0,
    }),
  }),
  pids_limit: number({
    doc: "Most processes a container may have; no limit when 0 or less.",
    default: 0,
    check: check.integer,
  }),
  oom_score_adj: number({
    doc: "Lowest OOM score adjustment that a task may ask for.",
    default: 0,
    check: check.wholeWithin(-1000, 1000),
  }),
  disable_log_collection: bool({ doc: "Never read the tasks' output.", default: false }),
  allowed_modes: block("Namespace modes (or globs of them) that tasks may use.", {
    pid: texts({ doc: "For pid_mode." }),
    ipc: texts({ doc: "For ipc_mode." }),
    userns: texts({ doc: "For userns_mode." }),
    uts: texts({ doc: "For uts_mode." }),
    network: texts({
      doc: "For network_mode: any when empty, but the network of another allocation's container only where it is named.",
    }),
  }),
  creation_grace: optionalDuration({
    doc: "How old a container of an unknown task must be before it is removed; older spelling.",
    min: minute,
  }),
  windows_allow_insecure_container_admin: bool({
    doc: "Allow ContainerAdmin without isolation; has a meaning on Windows only.",
    default: false,
  }),
};

/** The driver's options, checked and with their defaults; docs/options.md explains each. Durations are milliseconds. */
export type AgentOptions = OptionsOf<typeof agentFields>;

/**
 * The driver's options from an agent's `plugin "docker"` config block and from the flat client options of old
 * (`docker.cleanup.image`); what stands in the block wins. Client options of others are not looked at.
 * Throws an OptionsError with all that is wrong, each naming its option.
 */
export function parseAgentOptions(
  config: unknown = {},
  clientOptions: Readonly<Record<string, unknown>> = {},
): AgentOptions {
  const reading: Reading = { problems: [], keepReferences: false };
  const old = readOldOptions(clientOptions, agentFields, reading);
  const options = readFields(layOver(old, config), agentFields, [], reading);
  if (reading.problems.length > 0) throw new OptionsError("docker driver options", reading.problems);
  return options;
}

/** `upper` on `lower`, blocks merged key by key; a block may be a list of one. */
function layOver(lower: unknown, upper: unknown): unknown {
  const top: unknown = Array.isArray(upper) && upper.length === 1 && isBlock(upper[0]) ? upper[0] : upper;
  if (!isBlock(lower) || !isBlock(top)) return top ?? lower;
  const merged: Record<string, unknown> = { ...lower };
  for (const [name, value] of Object.entries(top)) merged[name] = layOver(merged[name], value);
  return merged;
}

function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
