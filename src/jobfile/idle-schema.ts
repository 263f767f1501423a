import { anything, block, blocks, duration, integer, text, textMap, texts, tree, truth } from "./schema.ts";

// Blocks that Nomad knows (its api package's structures) and that mean nothing on one machine. They are checked all
// the same, so that a slip of the pen is found here and not on the day the file goes to a cluster.

export const constraint = {
  attribute: text({ api: "LTarget" }),
  value: text({ api: "RTarget" }),
  operator: text({ api: "Operand" }),
  distinct_hosts: truth(),
  distinct_property: text(),
  is_set: text(),
  is_not_set: text(),
  regexp: text(),
  semver: text(),
  set_contains: text(),
  version: text(),
};

export const affinity = {
  attribute: text({ api: "LTarget" }),
  value: text({ api: "RTarget" }),
  operator: text({ api: "Operand" }),
  weight: integer({ min: -100, max: 100 }),
  regexp: text(),
  semver: text(),
  set_contains: text(),
  set_contains_all: text(),
  set_contains_any: text(),
  version: text(),
};

export const spread = {
  attribute: text(),
  weight: integer({ min: 0, max: 100 }),
  target: blocks({ percent: integer({ min: 0, max: 100 }) }, { label: "value" }),
};

export const update = {
  stagger: duration(),
  max_parallel: integer({ min: 0 }),
  health_check: text(),
  min_healthy_time: duration(),
  healthy_deadline: duration(),
  progress_deadline: duration(),
  canary: integer({ min: 0 }),
  auto_revert: truth(),
  auto_promote: truth(),
};

export const migrate = {
  max_parallel: integer({ min: 0 }),
  health_check: text(),
  min_healthy_time: duration(),
  healthy_deadline: duration(),
};

export const reschedule = {
  attempts: integer({ min: 0 }),
  interval: duration(),
  delay: duration(),
  delay_function: text(),
  max_delay: duration(),
  unlimited: truth(),
};

export const disconnect = {
  lost_after: duration(),
  stop_on_client_after: duration(),
  replace: truth(),
  reconcile: text(),
};

export const multiregion = {
  strategy: block({ max_parallel: integer({ min: 0 }), on_failure: text() }),
  region: blocks(
    { count: integer({ min: 0 }), datacenters: texts(), node_pool: text(), meta: textMap() },
    { label: "name" },
  ),
};

export const periodic = {
  enabled: truth(),
  cron: text(),
  crons: texts(),
  prohibit_overlap: truth(),
  time_zone: text(),
};

export const parameterized = { payload: text(), meta_required: texts(), meta_optional: texts() };

export const ui = { description: text(), link: blocks({ label: text(), url: text() }) };

export const scaling = {
  min: integer({ min: 0 }),
  max: integer({ min: 0 }),
  policy: tree(),
  enabled: truth(),
  type: text(),
};

export const identity = {
  name: text(),
  aud: texts(),
  change_mode: text(),
  change_signal: text(),
  env: truth(),
  file: truth(),
  filepath: text(),
  service_name: text(),
  ttl: duration(),
  extra_claims: texts(),
};

export const vault = {
  policies: texts(),
  role: text(),
  namespace: text(),
  cluster: text(),
  env: truth(),
  disable_file: truth(),
  change_mode: text(),
  change_signal: text(),
  allow_token_expiration: truth(),
};

export const consul = { namespace: text(), cluster: text(), partition: text() };

export const secret = { provider: text(), path: text(), config: tree(), env: textMap() };

export const action = { command: text({ required: true }), args: texts() };

export const schedule = { cron: block({ start: text(), end: text(), timezone: text() }) };

export const csiPlugin = {
  id: text(),
  type: text(),
  mount_dir: text(),
  stage_publish_base_dir: text(),
  health_timeout: duration(),
};

export const device = {
  count: integer({ min: 0 }),
  constraint: blocks(constraint),
  affinity: blocks(affinity),
};

export const numa = { affinity: text(), devices: texts() };

const checkRestart = { limit: integer({ min: 0 }), grace: duration(), ignore_warnings: truth() };

const check = {
  name: text(),
  type: text(),
  command: text(),
  args: texts(),
  path: text(),
  protocol: text(),
  port: text(),
  expose: truth(),
  address_mode: text(),
  advertise: text(),
  interval: duration(),
  timeout: duration(),
  initial_status: text(),
  notes: text(),
  tls_server_name: text(),
  tls_skip_verify: truth(),
  header: tree(),
  method: text(),
  check_restart: block(checkRestart),
  grpc_service: text(),
  grpc_use_tls: truth(),
  task: text(),
  success_before_passing: integer({ min: 0 }),
  failures_before_critical: integer({ min: 0 }),
  failures_before_warning: integer({ min: 0 }),
  body: text(),
  on_update: text(),
};

const upstream = {
  destination_name: text(),
  destination_namespace: text(),
  destination_peer: text(),
  destination_partition: text(),
  destination_type: text(),
  local_bind_port: integer({ min: 0, max: 65535 }),
  datacenter: text(),
  local_bind_address: text(),
  local_bind_socket_path: text(),
  local_bind_socket_mode: text(),
  mesh_gateway: block({ mode: text() }),
  config: tree(),
};

const proxy = {
  local_service_address: text(),
  local_service_port: integer({ min: 0, max: 65535 }),
  expose: block({
    path: blocks({
      path: text(),
      protocol: text(),
      local_path_port: integer({ min: 0, max: 65535 }),
      listener_port: text(),
    }),
  }),
  upstreams: blocks(upstream),
  transparent_proxy: block({
    uid: text(),
    outbound_port: integer({ min: 0, max: 65535 }),
    exclude_inbound_ports: texts(),
    exclude_outbound_ports: anything(),
    exclude_outbound_cidrs: texts(),
    exclude_uids: texts(),
    no_dns: truth(),
  }),
  config: tree(),
};

const sidecarTask = {
  name: text(),
  driver: text(),
  user: text(),
  config: tree(),
  env: textMap(),
  resources: block({
    cpu: integer({ min: 0 }),
    cores: integer({ min: 0 }),
    memory: integer({ min: 0 }),
    memory_max: integer({ min: -1 }),
  }),
  meta: textMap(),
  kill_timeout: duration(),
  logs: block({
    max_files: integer({ min: 1 }),
    max_file_size: integer({ min: 1 }),
    disabled: truth(),
    enabled: truth(),
  }),
  shutdown_delay: duration(),
  kill_signal: text(),
  volume_mount: blocks({
    volume: text(),
    destination: text(),
    read_only: truth(),
    propagation_mode: text(),
    selinux_label: text(),
  }),
  identity: blocks(identity),
};

const gatewayTls = {
  enabled: truth(),
  tls_min_version: text(),
  tls_max_version: text(),
  cipher_suites: texts(),
  sds: block({ cluster_name: text(), cert_resource: text() }),
};

const headers = { add: textMap(), set: textMap(), remove: texts() };

const gateway = {
  proxy: block({
    connect_timeout: duration(),
    envoy_gateway_bind_tagged_addresses: truth(),
    envoy_gateway_bind_addresses: blocks(
      { address: text(), port: integer({ min: 0, max: 65535 }) },
      { label: "name" },
    ),
    envoy_gateway_no_default_bind: truth(),
    envoy_dns_discovery_type: text(),
    config: tree(),
  }),
  ingress: block({
    tls: block(gatewayTls),
    listener: blocks({
      port: integer({ min: 0, max: 65535 }),
      protocol: text(),
      service: blocks({
        name: text(),
        hosts: texts(),
        tls: block(gatewayTls),
        request_headers: block(headers),
        response_headers: block(headers),
        max_connections: integer({ min: 0 }),
        max_pending_requests: integer({ min: 0 }),
        max_concurrent_requests: integer({ min: 0 }),
      }),
    }),
  }),
  terminating: block({
    service: blocks({ name: text(), ca_file: text(), cert_file: text(), key_file: text(), sni: text() }),
  }),
  mesh: block({}),
};

export const service = {
  id: text(),
  name: text(),
  tags: texts(),
  canary_tags: texts(),
  enable_tag_override: truth(),
  port: text(),
  address_mode: text(),
  address: text(),
  check: blocks(check),
  check_restart: block(checkRestart),
  connect: block({
    native: truth(),
    gateway: block(gateway),
    sidecar_service: block({
      tags: texts(),
      port: text(),
      proxy: block(proxy),
      disable_default_tcp_check: truth(),
      meta: textMap(),
    }),
    sidecar_task: block(sidecarTask),
  }),
  meta: textMap(),
  canary_meta: textMap(),
  tagged_addresses: textMap(),
  task: text(),
  on_update: text(),
  identity: block(identity),
  weights: block({ passing: integer({ min: 0 }), warning: integer({ min: 0 }) }),
  provider: text(),
  cluster: text(),
  kind: text(),
};
