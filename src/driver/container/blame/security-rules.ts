import type { Blame, BlamedPlan, BlameRule } from "./blame.ts";

/** Words about powers, profiles, devices and the runtime. */
export const securityRules: readonly BlameRule[] = [
  { words: /seccomp/i, blame: (_, plan) => blameOption(plan, "seccomp") },
  {
    words: /apparmor/i,
    blame: (_, plan) => blameOption(plan, "apparmor", "`aa-status` shows the profiles that are loaded."),
  },
  { words: /SELinux|--security-opt|security label/i, blame: (_, plan) => blameOption(plan, "label") },
  {
    words: /(CapAdd|CapDrop): unknown capability: "(?:CAP_)?([^"]+)"/,
    blame([, list, name = ""], { options }) {
      const key = list === "CapAdd" ? "cap_add" : "cap_drop";
      const index = options[key].findIndex((written) => written.toUpperCase().endsWith(name));
      return index < 0 ? undefined : { path: ["config", key, index], hint: "This engine does not know it." };
    },
  },
  {
    words: /unable to apply caps|privileged mode is incompatible/,
    blame(_, { options }) {
      const hint = "The engine itself has fewer powers than the task asks for.";
      if (options.privileged) return { path: ["config", "privileged"], hint };
      return options.cap_add.length > 0 ? { path: ["config", "cap_add"], hint } : undefined;
    },
  },
  {
    words: /custom device "([^"]+)": (.*)/,
    blame([, path, why = ""], { request, options }) {
      const index = request.HostConfig.Devices?.findIndex(({ PathOnHost }) => PathOnHost === path) ?? -1;
      // Those of the task's own come first; others are what device plugins gave.
      if (index < 0 || index >= options.devices.length) return undefined;
      const hint = /not a device/.test(why)
        ? "Give the task a plain file or folder by a mount block."
        : undefined;
      return { path: ["config", "devices", index, "host_path"], hint };
    },
  },
  {
    words: /could not select device driver/,
    blame: (_, { options }) =>
      options.gpus === undefined
        ? undefined
        : { path: ["config", "gpus"], hint: "The engine needs the NVIDIA container toolkit for that." },
  },
  {
    words: /unknown (?:or invalid )?runtime/i,
    blame: (_, { options }) =>
      options.runtime === undefined
        ? undefined
        : { path: ["config", "runtime"], hint: "`docker info` shows the engine's runtimes." },
  },
  {
    words: /cgroup namespace/i,
    blame: (_, { options }) =>
      options.cgroupns === undefined ? undefined : { path: ["config", "cgroupns"] },
  },
];

function blameOption({ options }: BlamedPlan, name: string, hint?: string): Blame | undefined {
  const index = options.security_opt.findIndex((option) => option.startsWith(name));
  return index < 0 ? undefined : { path: ["config", "security_opt", index], hint };
}
