import * as nothing from "./idle-schema.ts";
import {
  anything,
  block,
  blocks,
  choice,
  duration,
  idle,
  integer,
  text,
  textMap,
  texts,
  tree,
  truth,
} from "./schema.ts";

const restart = {
  attempts: integer({ min: 0 }),
  interval: duration(),
  delay: duration(),
  mode: choice(["fail", "delay"]),
  render_templates: idle(truth()),
};

const port = {
  static: integer({ min: 1, max: 65535, api: "Value" }),
  to: integer({ min: -1, max: 65535 }),
  host_network: text({ default: "" }),
  ignore_collision: idle(truth()),
};

/** A group's network. */
const groupNetwork = {
  mode: text({ default: "host" }),
  hostname: text({ default: "" }),
  device: idle(text()),
  cidr: idle(text({ api: "CIDR" })),
  ip: idle(text({ api: "IP" })),
  mbits: idle(integer({ min: 0, api: "MBits" })),
  dns: block({ servers: texts(), searches: texts(), options: texts() }, { api: ["DNS"] }),
  cni: idle(block({ args: textMap() }, { api: ["CNI"] })),
  port: blocks(port, { label: "label", api: ["DynamicPorts", "ReservedPorts"], apiLabel: "Label" }),
};

/** A task's own network, in the styles of 2015 and 2019. */
const taskNetwork = {
  ...groupNetwork,
  mode: idle(groupNetwork.mode),
  hostname: idle(groupNetwork.hostname),
  dns: idle(groupNetwork.dns),
  dynamic_ports: anything(),
  reserved_ports: anything(),
};

const resources = {
  cpu: integer({ api: "CPU" }),
  cores: integer({ min: 0 }),
  memory: integer({ api: "MemoryMB" }),
  memory_max: integer({ min: -1, api: "MemoryMaxMB" }),
  secrets: idle(integer({ min: 0, api: "SecretsMB" })),
  disk: idle(integer({ min: 0, api: "DiskMB" })),
  iops: idle(integer({ min: 0, api: "IOPS" })),
  network: blocks(taskNetwork, { api: ["Networks"] }),
  device: idle(blocks(nothing.device, { label: "name", api: ["Devices"], apiLabel: "Name" })),
  numa: idle(block(nothing.numa, { api: ["NUMA"] })),
};

const template = {
  data: text({ api: "EmbeddedTmpl" }),
  source: text({ api: "SourcePath" }),
  destination: text({ api: "DestPath" }),
  change_mode: choice(["noop", "restart", "signal", "script"], { default: "restart" }),
  change_signal: text({ default: "" }),
  change_script: block({
    command: text({ required: true }),
    args: texts(),
    timeout: duration({ default: 5000 }),
    fail_on_error: truth({ default: false }),
    run_on_first_render: truth({ default: false }),
  }),
  once: truth({ default: false }),
  splay: duration({ default: 5000 }),
  perms: text({ default: "0644" }),
  uid: integer({ min: -1 }),
  gid: integer({ min: -1 }),
  left_delimiter: text({ default: "{{", api: "LeftDelim" }),
  right_delimiter: text({ default: "}}", api: "RightDelim" }),
  env: truth({ default: false, api: "Envvars" }),
  vault_grace: idle(duration()),
  wait: block({ min: duration(), max: duration() }),
  error_on_missing_key: truth({ default: false, api: "ErrMissingKey" }),
};

const artifact = {
  source: text({ required: true, api: "GetterSource" }),
  destination: text({ api: "RelativeDest" }),
  options: textMap({ api: "GetterOptions" }),
  headers: textMap({ api: "GetterHeaders" }),
  mode: choice(["any", "file", "dir"], { default: "any", api: "GetterMode" }),
  insecure: truth({ default: false, api: "GetterInsecure" }),
  chown: idle(truth()),
};

const volumeMount = {
  volume: text({ required: true }),
  destination: text({ required: true }),
  read_only: truth({ default: false }),
  propagation_mode: choice(["private", "host-to-task", "bidirectional"], { default: "private" }),
  selinux_label: idle(text({ api: "SELinuxLabel" })),
};

const logs = {
  max_files: integer({ min: 1, default: 10 }),
  max_file_size: integer({ min: 1, default: 10, api: "MaxFileSizeMB" }),
  enabled: truth(),
  disabled: truth(),
};

const task = {
  driver: text({ default: "" }),
  user: text({ default: "" }),
  config: tree(),
  env: textMap(),
  meta: textMap(),
  resources: block(resources),
  restart: block(restart, { api: ["RestartPolicy"] }),
  kill_timeout: duration({ default: 5000 }),
  kill_signal: text(),
  shutdown_delay: duration({ default: 0 }),
  leader: truth({ default: false }),
  lifecycle: block({
    hook: choice(["prestart", "poststart", "poststop"], { required: true }),
    sidecar: truth({ default: false }),
  }),
  logs: block(logs, { api: ["LogConfig"] }),
  template: blocks(template, { api: ["Templates"] }),
  artifact: blocks(artifact, { api: ["Artifacts"] }),
  volume_mount: blocks(volumeMount, { api: ["VolumeMounts"] }),
  kind: idle(text()),
  service: idle(blocks(nothing.service, { api: ["Services"] })),
  constraint: idle(blocks(nothing.constraint, { api: ["Constraints"] })),
  affinity: idle(blocks(nothing.affinity, { api: ["Affinities"] })),
  scaling: idle(blocks(nothing.scaling, { label: "name", api: ["ScalingPolicies"] })),
  vault: idle(block(nothing.vault)),
  consul: idle(block(nothing.consul)),
  secret: idle(blocks(nothing.secret, { label: "name", api: ["Secrets"] })),
  identity: idle(blocks(nothing.identity, { api: ["Identities", "Identity"] })),
  action: idle(blocks(nothing.action, { label: "name", api: ["Actions"] })),
  schedule: idle(block(nothing.schedule)),
  csi_plugin: idle(block(nothing.csiPlugin, { api: ["CSIPluginConfig"] })),
  dispatch_payload: idle(block({ file: text() })),
};

const volume = {
  type: choice(["host", "csi"], { required: true }),
  source: text({ default: "" }),
  read_only: truth({ default: false }),
  sticky: idle(truth()),
  access_mode: idle(text()),
  attachment_mode: idle(text()),
  mount_options: idle(block({ fs_type: text(), mount_flags: texts() })),
  per_alloc: idle(truth()),
};

const group = {
  // Each is planned before the first is started, and no machine runs as many.
  count: integer({ min: 0, max: 10_000, default: 1 }),
  network: blocks(groupNetwork, { api: ["Networks"] }),
  restart: block(restart, { api: ["RestartPolicy"] }),
  task: blocks(task, { label: "name", api: ["Tasks"], apiLabel: "Name" }),
  meta: textMap(),
  volume: blocks(volume, { label: "name", api: ["Volumes"], apiLabel: "*" }),
  shutdown_delay: duration({ default: 0 }),
  max_run_duration: duration(),
  stop_after_client_disconnect: idle(duration()),
  max_client_disconnect: idle(duration()),
  prevent_reschedule_on_lost: idle(truth()),
  service: idle(blocks(nothing.service, { api: ["Services"] })),
  ephemeral_disk: idle(
    block({ sticky: truth(), migrate: truth(), size: integer({ min: 0, api: "SizeMB" }) }),
  ),
  constraint: idle(blocks(nothing.constraint, { api: ["Constraints"] })),
  affinity: idle(blocks(nothing.affinity, { api: ["Affinities"] })),
  spread: idle(blocks(nothing.spread, { api: ["Spreads"] })),
  disconnect: idle(block(nothing.disconnect)),
  reschedule: idle(block(nothing.reschedule, { api: ["ReschedulePolicy"] })),
  update: idle(block(nothing.update)),
  migrate: idle(block(nothing.migrate)),
  scaling: idle(block(nothing.scaling)),
  consul: idle(block(nothing.consul)),
  vault: idle(block(nothing.vault)),
  secret: idle(blocks(nothing.secret, { label: "name" })),
};

const job = {
  id: text({ api: "ID" }),
  name: text(),
  type: choice(["service", "batch", "system", "sysbatch"], { default: "service" }),
  region: text({ default: "global" }),
  namespace: text({ default: "default" }),
  datacenters: texts(),
  priority: idle(integer({ min: 1, max: 100, default: 50 })),
  meta: textMap(),
  group: blocks(group, { label: "name", api: ["TaskGroups"], apiLabel: "Name" }),
  task: blocks(task, { label: "name" }),
  all_at_once: idle(truth()),
  node_pool: idle(text()),
  constraint: idle(blocks(nothing.constraint, { api: ["Constraints"] })),
  affinity: idle(blocks(nothing.affinity, { api: ["Affinities"] })),
  spread: idle(blocks(nothing.spread, { api: ["Spreads"] })),
  update: idle(block(nothing.update)),
  multiregion: idle(block(nothing.multiregion)),
  periodic: idle(block(nothing.periodic)),
  parameterized: idle(block(nothing.parameterized, { api: ["ParameterizedJob"] })),
  reschedule: idle(block(nothing.reschedule)),
  migrate: idle(block(nothing.migrate)),
  ui: idle(block(nothing.ui, { api: ["UI"] })),
  vault: idle(block(nothing.vault)),
  secret: idle(blocks(nothing.secret, { label: "name" })),
};

/** What stands at the top of a job file, variables and locals aside. */
export const jobFileSchema = { job: blocks(job, { label: "name" }) };

export type JobSchema = typeof job;
export type GroupSchema = typeof group;
export type TaskSchema = typeof task;
export type ResourcesSchema = typeof resources;
export type GroupNetworkSchema = typeof groupNetwork;
export type TaskNetworkSchema = typeof taskNetwork;
export type RestartSchema = typeof restart;
export type PortSchema = typeof port;

/** The parts of an agent's configuration that concern a Docker driver; the rest is passed over. */
export const agentConfigSchema = {
  plugin_dir: text(),
  plugin: blocks({ config: tree() }, { label: "name" }),
  client: blocks({
    options: textMap(),
    meta: textMap(),
    max_kill_timeout: duration(),
    min_dynamic_port: integer({ min: 1, max: 65535 }),
    max_dynamic_port: integer({ min: 1, max: 65535 }),
    host_volume: blocks({ path: text(), read_only: truth({ default: false }) }, { label: "name" }),
    host_network: blocks({ cidr: text(), interface: text() }, { label: "name" }),
  }),
};
