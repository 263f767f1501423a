import type { HostConfigRequest } from "../../engine/engine-types.ts";
import { matchesGlob } from "../options/glob.ts";
import { type Planning, refuse } from "./planning.ts";

/** Devices and GPUs of the `config` block, and the devices that device plugins gave. */
export function planDevices(planning: Planning): Pick<HostConfigRequest, "Devices" | "DeviceRequests"> {
  const { options, task } = planning;
  const own = options.devices.map((device, index) => {
    const hostPath = device.host_path ?? "";
    return {
      PathOnHost: planHostPath(planning, hostPath, index),
      PathInContainer: device.container_path ?? hostPath,
      CgroupPermissions: device.cgroup_permissions,
    };
  });
  const given = task.devices.map((device) => ({
    PathOnHost: device.hostPath,
    PathInContainer: device.taskPath,
    CgroupPermissions: device.cgroupPermissions,
  }));
  const devices = [...own, ...given];
  return {
    ...(devices.length > 0 && { Devices: devices }),
    ...(options.gpus !== undefined && { DeviceRequests: [toGpuRequest(options.gpus)] }),
  };
}

/** Links are resolved before the path is judged, and it is the resolved path that the engine gets. */
function planHostPath({ agent, files, ...planning }: Planning, hostPath: string, index: number): string {
  if (!hostPath.startsWith("/")) return hostPath;
  const real = files.realPath(hostPath);
  if (!agent.allow_devices.some((glob) => matchesGlob(glob, real))) {
    const shown = real === hostPath ? `"${hostPath}"` : `"${hostPath}" (${real})`;
    const message = `the docker driver's option allow_devices does not hold ${shown}`;
    refuse({ agent, files, ...planning }, ["devices", index, "host_path"], message);
  }
  return real;
}

/** As the docker command turns `--gpus` into a request; the runtime for it comes with the engine's driver. */
function toGpuRequest(gpus: string): Readonly<Record<string, unknown>> {
  const capabilities = [["gpu"]];
  const [, ids] = /^device=(.*)$/.exec(gpus) ?? [];
  if (ids !== undefined) return { DeviceIDs: ids.split(","), Capabilities: capabilities };
  return { Count: gpus === "all" ? -1 : Number(gpus), Capabilities: capabilities };
}
