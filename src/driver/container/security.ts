import type { HostConfigRequest } from "../../engine/engine-types.ts";
import { errorMessage } from "../../task/index.ts";
import { dockerCaps, toCapability } from "../options/capabilities.ts";
import { matchesGlob } from "../options/glob.ts";
import { type Planning, refuse } from "./planning.ts";

/** Powers, namespaces and runtime, as far as the agent's options allow them. */
export function planSecurity(planning: Planning): HostConfigRequest {
  const { options, agent } = planning;
  if (options.privileged && !agent.allow_privileged) {
    refuse(planning, ["privileged"], "needs allow_privileged in the docker driver's options");
  }
  if (options.isolation !== undefined) {
    const windows = planning.engine.osType === "windows";
    const why = windows ? "is not supported yet" : `works on Windows only, not on ${planning.engine.osType}`;
    refuse(planning, ["isolation"], why);
  }
  const securityOpt = options.security_opt.map((option, index) => planSecurityOpt(planning, option, index));
  return {
    Privileged: options.privileged,
    ...planCapabilities(planning),
    ...planNamespaces(planning),
    ...planRuntime(planning),
    ...(securityOpt.length > 0 && { SecurityOpt: securityOpt }),
    ...(options.readonly_rootfs && { ReadonlyRootfs: true }),
    ...(options.cgroupns !== undefined && { CgroupnsMode: options.cgroupns }),
    ...(options.group_add.length > 0 && { GroupAdd: options.group_add }),
  };
}

function planCapabilities(planning: Planning): HostConfigRequest {
  const allowed = planning.agent.allow_caps.map(toCapability);
  const add = planning.options.cap_add.map(toCapability);
  const drop = planning.options.cap_drop.map(toCapability);
  const refused = add.filter((name) => !allowed.includes(name) && !allowed.includes("ALL"));
  if (refused.length > 0) {
    const message = `the docker driver's option allow_caps does not hold ${refused.join(", ")}`;
    refuse(planning, ["cap_add"], message);
  }
  const withheld = allowed.includes("ALL") ? [] : dockerCaps.filter((name) => !allowed.includes(name));
  const dropped = drop.includes("ALL") ? ["ALL"] : [...new Set([...withheld, ...drop])].sort();
  const kept = dropped.filter((name) => name === "ALL" || !add.includes(name));
  return {
    ...(add.length > 0 && { CapAdd: add.includes("ALL") ? ["ALL"] : [...new Set(add)].sort() }),
    ...(kept.length > 0 && { CapDrop: kept }),
  };
}

function planNamespaces(planning: Planning): HostConfigRequest {
  const { ipc_mode, pid_mode, uts_mode, userns_mode } = planning.options;
  const { ipc, pid, uts, userns } = planning.agent.allowed_modes;
  checkMode(planning, "ipc_mode", ipc_mode, ipc);
  checkMode(planning, "pid_mode", pid_mode, pid);
  checkMode(planning, "uts_mode", uts_mode, uts);
  checkMode(planning, "userns_mode", userns_mode, userns);
  return {
    ...(ipc_mode && { IpcMode: ipc_mode }),
    ...(pid_mode && { PidMode: pid_mode }),
    ...(uts_mode && { UTSMode: uts_mode }),
    ...(userns_mode && { UsernsMode: userns_mode }),
  };
}

function checkMode(planning: Planning, key: string, mode = "", allowed: readonly string[] = []): void {
  if (mode === "" || planning.agent.allow_privileged) return;
  if (allowed.some((glob) => matchesGlob(glob, mode))) return;
  const option = `allowed_modes.${key.replace("_mode", "")}`;
  refuse(planning, [key], `"${mode}" needs allow_privileged or ${option} in the docker driver's options`);
}

function planRuntime(planning: Planning): HostConfigRequest {
  const { runtime } = planning.options;
  const gpu = "NVIDIA_VISIBLE_DEVICES" in planning.task.deviceEnv ? planning.agent.nvidia_runtime : undefined;
  if (gpu !== undefined && runtime !== undefined && runtime !== gpu) {
    refuse(
      planning,
      ["runtime"],
      `"${runtime}" conflicts with "${gpu}", which the task's NVIDIA device needs`,
    );
  }
  const chosen = gpu ?? runtime;
  if (chosen !== undefined && !planning.agent.allow_runtimes.includes(chosen)) {
    const allowed = planning.agent.allow_runtimes.join(", ");
    refuse(
      planning,
      ["runtime"],
      `"${chosen}" is not in the docker driver's option allow_runtimes (${allowed})`,
    );
  } else if (chosen !== undefined && planning.engine.runtimes?.includes(chosen) === false) {
    const known = [...planning.engine.runtimes].sort().join(", ");
    refuse(planning, ["runtime"], `the engine has no runtime "${chosen}"; it has ${known}`);
  }
  return chosen === undefined ? {} : { Runtime: chosen };
}

/** `seccomp=<file>` is read here, because the engine takes the profile itself. */
function planSecurityOpt(planning: Planning, option: string, index: number): string {
  const file = /^seccomp[=:](.*)$/.exec(option)?.[1];
  if (file === undefined || file === "unconfined" || file.startsWith("{")) return option;
  const path = ["security_opt", index];
  const text = readProfile(planning, path, file);
  if (text === undefined) return option;
  try {
    JSON.parse(text);
    return `seccomp=${text}`;
  } catch {
    // What a parser says of it would show the file, which may be any file of the host.
    refuse(planning, path, `the seccomp profile ${file} is not JSON`);
    return option;
  }
}

function readProfile(
  planning: Planning,
  path: readonly (string | number)[],
  file: string,
): string | undefined {
  try {
    return planning.files.readText(file);
  } catch (error) {
    const why = errorMessage(error);
    refuse(planning, path, `cannot read the seccomp profile ${file}: ${why}`);
    return undefined;
  }
}
