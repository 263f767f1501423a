import type { HostConfigRequest } from "../../engine/engine-types.ts";
import type { Planning } from "./planning.ts";

/** Devices of the `config` block and those that device plugins gave. */
export function planDevices({ options, task }: Planning): Pick<HostConfigRequest, "Devices"> {
  const own = options.devices.map((device) => ({
    PathOnHost: device.host_path ?? "",
    PathInContainer: device.container_path ?? device.host_path ?? "",
    CgroupPermissions: device.cgroup_permissions,
  }));
  const given = task.devices.map((device) => ({
    PathOnHost: device.hostPath,
    PathInContainer: device.taskPath,
    CgroupPermissions: device.cgroupPermissions,
  }));
  const devices = [...own, ...given];
  return devices.length === 0 ? {} : { Devices: devices };
}
