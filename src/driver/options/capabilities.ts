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
