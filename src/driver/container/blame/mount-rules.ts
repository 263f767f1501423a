import { posix } from "node:path";
import type { OptionPath } from "../../options/fields.ts";
import type { Blame, BlamedPlan, BlameRule } from "./blame.ts";

/** One mount of the task's own, by whichever key. */
interface OwnMount {
  readonly path: OptionPath;
  readonly target: string;
  /** As the engine has it: resolved, for a path of the host. */
  readonly source: string;
  readonly propagation: string | undefined;
  readonly driver: string | undefined;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly isBlock: boolean;
}

const network = /timed? ?out|refused|no route|unreachable|no such host/i;

/** Words about mounts and volumes. */
export const mountRules: readonly BlameRule[] = [
  {
    words: /bind source path does not exist: (.+)/,
    blame: ([, source], plan) =>
      toBlame(
        ownMounts(plan).find((mount) => mount.source === source),
        "Make it on the engine's machine before the task starts, or mount another path.",
      ),
  },
  {
    words: /path (\S+) is mounted on \S+ but it is not a (?:shared|slave)/,
    blame([, source], plan) {
      const found = ownMounts(plan).find(
        (mount) => mount.source === source && mount.propagation !== undefined,
      );
      const path = found?.isBlock ? [...found.path, "bind_options", "propagation"] : found?.path;
      const hint = "The host's own mount must be shared for that: see `findmnt -o TARGET,PROPAGATION`.";
      return path && { path, hint };
    },
  },
  {
    words: /rootfs at "([^"]+)"|rootfs "[^"]*" at "([^"]+)"|Duplicate mount point: (\S+)/,
    blame: ([, ...targets], plan) =>
      toBlame(
        mountAt(plan, targets.find((target) => target !== undefined) ?? ""),
        "A folder can be mounted on a folder only, a file on a file, and nothing on /proc or /sys.",
      ),
  },
  {
    words: /invalid volume specification: '([^']+)'/,
    blame: ([, volume = ""], plan) => toBlame(mountAt(plan, volume.split(":")[1] ?? "")),
  },
  {
    words: /volume plugin "?([^\s":]+)/,
    blame([, driver], plan) {
      const found = ownMounts(plan).find((mount) => mount.driver === driver);
      if (found === undefined) return undefined;
      const path = found.isBlock
        ? [...found.path, "volume_options", "driver_config", "name"]
        : ["config", "volume_driver"];
      return { path, hint: "`docker plugin ls` shows the engine's plugins." };
    },
  },
  {
    words: /create \S+: invalid option: "([^"]+)"/,
    blame([, option = ""], plan) {
      const found = ownMounts(plan).find(({ driverOptions }) => Object.hasOwn(driverOptions, option));
      return found && { path: [...found.path, "volume_options", "driver_config", "options", option] };
    },
  },
  {
    words: /"([^"]*)" includes invalid characters for a local volume name/,
    blame: ([, source], plan) => toBlame(ownMounts(plan).find((mount) => mount.source === source)),
  },
  {
    words: /error while mounting volume '[^']*?([^/']+)(?:\/_data)?': (.*)/,
    blame([, name, why = ""], plan) {
      const all = ownMounts(plan).filter(({ driver }) => driver !== undefined);
      const found = all.find(({ source }) => source === name) ?? (all.length === 1 ? all[0] : undefined);
      if (found === undefined) return undefined;
      const path = found.isBlock ? [...found.path, "volume_options", "driver_config"] : found.path;
      return { path, kind: network.test(why) ? "unavailable" : "invalid" };
    },
  },
  {
    words: /invalid mount config for type "(\w+)"/,
    blame([, type], { options }) {
      const all = (["mount", "mounts"] as const).flatMap((key) =>
        options[key].map((mount, index) => ({ type: mount.type, path: ["config", key, index] })),
      );
      const same = all.filter((mount) => mount.type === type);
      const [only] = same;
      return same.length === 1 && only !== undefined ? { path: only.path } : undefined;
    },
  },
];

function toBlame(mount: OwnMount | undefined, hint?: string): Blame | undefined {
  return mount && { path: mount.path, hint };
}

function mountAt(plan: BlamedPlan, target: string): OwnMount | undefined {
  const place = posix.resolve("/", target);
  return ownMounts(plan).find((mount) => mount.target === place);
}

function ownMounts({ options, request }: BlamedPlan): readonly OwnMount[] {
  const { Binds = [], Mounts = [] } = request.HostConfig;
  const binds = new Map(Binds.map((bind) => [bind.split(":")[1], bind.split(":")[0]]));
  const sources = new Map(Mounts.map(({ Target, Source }) => [Target, Source]));
  const volumes = options.volumes.map((volume, index): OwnMount => {
    const [written = "", to = "", modes = ""] = volume.split(":");
    const target = posix.resolve("/", to);
    return {
      path: ["config", "volumes", index],
      target,
      source: binds.get(target) ?? written,
      propagation: modes.split(",").find((mode) => /shared|slave/.test(mode)),
      driver: options.volume_driver,
      driverOptions: {},
      isBlock: false,
    };
  });
  const blocks = (["mount", "mounts"] as const).flatMap((key) =>
    options[key].map((mount, index): OwnMount => {
      const { target = "", source = "", bind_options, volume_options } = mount;
      const { name: driver, options: driverOptions } = volume_options.driver_config;
      return {
        path: ["config", key, index],
        target: posix.resolve("/", target),
        source: sources.get(target) ?? source,
        propagation: bind_options.propagation,
        driver,
        driverOptions,
        isBlock: true,
      };
    }),
  );
  return [...volumes, ...blocks];
}
