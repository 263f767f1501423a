import type { Proof, TableName } from "./proofs.ts";

/** Keys whose tests stand with the part of the driver that they belong to. */
const tls = {
  file: "test/engine/tls.test.ts",
  title: "answers calls, streams logs and takes a command's input",
};
const dangling = {
  file: "test/driver/dangling.test.ts",
  title: "are removed, running or never started, and nobody else's is touched",
};
const directLogs = {
  file: "test/nomad/direct-logs.test.ts",
  title: "are rotated as the agent's options say, and follow on from restart to restart",
};

export const elsewhere: Readonly<Record<TableName, Readonly<Record<string, Proof>>>> = {
  task: {},
  agent: {
    endpoint: { file: "test/driver/client-options.test.ts", title: "leads to an engine over HTTP" },
    "tls.ca": tls,
    "tls.cert": tls,
    "tls.key": tls,
    "gc.dangling_containers.enabled": dangling,
    "gc.dangling_containers.period": dangling,
    "gc.dangling_containers.dry_run": {
      file: "test/driver/dangling.test.ts",
      title: "are only told, once each, in a dry run",
    },
    "logs.direct": directLogs,
    "logs.max_files": directLogs,
    "logs.max_file_size": directLogs,
  },
};

/** Keys whose effect this machine cannot show, and what was seen of them instead. */
export const seenInstead: Readonly<Record<TableName, Readonly<Record<string, string>>>> = {
  task: {
    privileged:
      "the create request; this machine's own container lacks a capability (SYS_RESOURCE), so the engine cannot start one",
    gpus: "the create request, and the engine's answer that it has no driver for GPUs",
    storage_opt: "the create request, and the engine's answer that its file system has no quotas",
    isolation: "the refusal: Windows only",
    "mount.volume_options.subpath": "the create request (engine 26), and the refusal by the engine at hand",
    "mount.image_options.subpath": "the create request (engine 28), and the refusal by the engine at hand",
  },
  agent: {
    "volumes.selinuxlabel": "the create request; this machine has no SELinux",
    nvidia_runtime: "the create request; this machine has no such runtime",
    pull_activity_timeout: "that it is read; no test waits a minute, the pull's own test waits less",
    creation_grace: "that it is read; no test waits a minute",
    "gc.dangling_containers.creation_grace": "that it is read; no test waits a minute",
    allow_privileged:
      "that the request is made; this machine's own container lacks a capability (SYS_RESOURCE)",
    windows_allow_insecure_container_admin: "that it changes nothing on Linux",
  },
};
