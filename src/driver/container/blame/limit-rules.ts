import type { BlameRule } from "./blame.ts";

/** The kernel's numbers of its limits, and the engine's names. Source: getrlimit(2), asm-generic. */
const limits =
  "cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime".split(
    " ",
  );

const memoryHint = "The kernel or the engine takes no limit as low as that: give the task more memory.";

/** Words about limits, kernel parameters and sizes. */
export const limitRules: readonly BlameRule[] = [
  {
    words: /setting rlimits?\b(?:.*rlimit type (\d+))?/,
    blame([, type], { options }) {
      const names = Object.keys(options.ulimit);
      const name = type === undefined ? undefined : limits[Number(type)];
      const path = ["config", "ulimit", ...(name !== undefined && names.includes(name) ? [name] : [])];
      const hint = "The engine cannot give more than it has itself: see Limit... in docker.service.";
      return names.length === 0 ? undefined : { path, hint };
    },
  },
  {
    words: /invalid ulimit/i,
    blame: () => ({ path: ["config", "ulimit"] }),
  },
  {
    words: /\/proc\/sys\/([^:\s]+): (.*)|sysctl "([^"]+)"/,
    blame([, path = "", why = "", named], { options }) {
      const written = named ?? path;
      const toName = (text: string) => text.replaceAll("/", ".");
      const name = Object.keys(options.sysctl).find((one) => toName(one) === toName(written));
      if (name === undefined) return undefined;
      const hint = /no such file/.test(why) ? "The kernel has no such parameter in a container." : undefined;
      return { path: ["config", "sysctl", name], hint };
    },
  },
  {
    words: /Requested CPUs are not available|for cpuset cpus|cpuset\.cpus/,
    blame: (_, { request }) =>
      request.HostConfig.CpusetCpus === undefined ? undefined : { path: ["resources", "cores"] },
  },
  {
    words: /memory limit (?:allowed|too low)|memory\.(?:limit_in_bytes|max)\b|OOM-killed/i,
    blame: () => ({ path: ["resources", "memory"], hint: memoryHint }),
  },
  {
    words: /memory reservation/i,
    blame: () => ({ path: ["config", "memory_hard_limit"] }),
  },
  {
    words: /cfs|cpu\.max\b/i,
    blame: (_, { options }) => (options.cpu_hard_limit ? { path: ["config", "cpu_cfs_period"] } : undefined),
  },
  {
    words: /oom[_ ]score[_ ]adj/i,
    blame: (_, { options }) =>
      options.oom_score_adj === undefined ? undefined : { path: ["config", "oom_score_adj"] },
  },
  {
    words: /pids\.max|pids limit/i,
    blame: (_, { options }) =>
      options.pids_limit === undefined ? undefined : { path: ["config", "pids_limit"] },
  },
  {
    words: /SHM size|\/dev\/shm/i,
    blame: (_, { options }) =>
      options.shm_size === undefined ? undefined : { path: ["config", "shm_size"] },
  },
  {
    words: /storage-opt|Unknown option (\S+)/i,
    blame([, option = ""], { options }) {
      if (Object.keys(options.storage_opt).length === 0) return undefined;
      const known = Object.hasOwn(options.storage_opt, option) ? [option] : [];
      return { path: ["config", "storage_opt", ...known] };
    },
  },
];
