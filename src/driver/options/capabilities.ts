import { closestName } from "../../task/index.ts";

/** What Docker gives a container that asks for nothing. */
export const dockerCaps: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/** The capabilities a task may have unless `allow_caps` says otherwise: Docker's, but for raw sockets. */
export const defaultCaps: readonly string[] = dockerCaps.filter((name) => name !== "NET_RAW");

/** All that Linux has (capabilities(7), kernel 5.9 and later). */
const kernelCaps: ReadonlySet<string> = new Set([
  ...dockerCaps,
  "AUDIT_CONTROL",
  "AUDIT_READ",
  "BLOCK_SUSPEND",
  "BPF",
  "CHECKPOINT_RESTORE",
  "DAC_READ_SEARCH",
  "IPC_LOCK",
  "IPC_OWNER",
  "LEASE",
  "LINUX_IMMUTABLE",
  "MAC_ADMIN",
  "MAC_OVERRIDE",
  "NET_ADMIN",
  "NET_BROADCAST",
  "PERFMON",
  "SYSLOG",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_MODULE",
  "SYS_NICE",
  "SYS_PACCT",
  "SYS_PTRACE",
  "SYS_RAWIO",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "WAKE_ALARM",
]);

/** A capability's name as Docker and the kernel share it: upper case, without `CAP_`. */
export function toCapability(name: string): string {
  return name.trim().toUpperCase().replace(/^CAP_/, "");
}

/** Says so when the kernel has no such capability; `all` stands for every one. */
export function checkCapability(name: string): string | undefined {
  const capability = toCapability(name);
  if (capability === "ALL" || kernelCaps.has(capability)) return undefined;
  const near = closestName(capability, kernelCaps);
  return `"${name}" is no capability${near === undefined ? "" : `; did you mean "${near}"?`}`;
}
