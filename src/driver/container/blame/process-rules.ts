import type { Blame, BlamedPlan, BlameRule } from "./blame.ts";

/** Words about the process itself: whose it is, where and how it begins. */
export const processRules: readonly BlameRule[] = [
  {
    words: /unable to find (user|group) ([^\s:]+)/i,
    blame([, what, name = ""], { options, request }) {
      const index = what?.toLowerCase() === "group" ? options.group_add.indexOf(name) : -1;
      const hint = `The image must have it, or say it by its number: see /etc/${index < 0 ? "passwd" : "group"} there.`;
      if (index >= 0) return { path: ["config", "group_add", index], hint };
      return request.User?.split(":").includes(name) ? { path: ["user"], hint } : undefined;
    },
  },
  {
    words: /Cannot mkdir|chdir to cwd|working directory/,
    blame: (_, { options }) =>
      options.work_dir === undefined
        ? undefined
        : { path: ["config", "work_dir"], hint: "It must be a folder that the task's user may enter." },
  },
  {
    words: /exec: "([^"]*)"|exec ([^\s:]+): (?:exec format|no such file)/,
    blame: ([, quoted, bare = ""], plan) => blameProgram(plan, quoted ?? bare),
  },
  {
    words: /(Interval|Timeout|Retries|StartPeriod) in Healthcheck/,
    blame([, word = ""], { request }) {
      const key = word.replace("StartP", "start_p").toLowerCase();
      return request.Healthcheck === undefined ? undefined : { path: ["config", "healthcheck", key] };
    },
  },
  {
    words: /invalid signal/i,
    blame: (_, { options }) =>
      options.stop_signal === undefined ? undefined : { path: ["config", "stop_signal"] },
  },
  {
    words: /sethostname|invalid hostname/i,
    blame: (_, { options }) =>
      options.hostname === undefined ? undefined : { path: ["config", "hostname"] },
  },
  { words: /environment variable/, blame: () => ({ path: ["env"] }) },
];

/** What is run is the first word of the entrypoint, else of the command; the image's own is no key's fault. */
function blameProgram({ options }: BlamedPlan, program: string): Blame | undefined {
  const { entrypoint, command, args } = options;
  const hint = `Is "${program}" in the image, and may the task's user run it?`;
  if (entrypoint[0] === program) return { path: ["config", "entrypoint"], hint };
  if (command === program) return { path: ["config", "command"], hint };
  const isArgument = command === undefined && typeof args === "object" && args[0] === program;
  return isArgument ? { path: ["config", "args", 0], hint } : undefined;
}
