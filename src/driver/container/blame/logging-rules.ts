import type { BlameRule } from "./blame.ts";

const unreachable = /dial |refused|timed? ?out|no such host|unreachable|no route/i;

/** Words about the log driver; those about the agent's own choice blame no key of the task. */
export const loggingRules: readonly BlameRule[] = [
  {
    words: /unknown log opt '([^']+)'/,
    blame: ([, option = ""], plan) => {
      if (!Object.hasOwn(plan.options.logging.config, option)) return undefined;
      return { path: ["config", "logging", "config", option] };
    },
  },
  {
    words: /(?:no log driver named|log(?:ging)? driver:?) ["']\S+["'] (?:is|not) /i,
    blame(_, { options }) {
      const key = (["type", "driver"] as const).find((name) => options.logging[name] !== undefined);
      return key && { path: ["config", "logging", key] };
    },
  },
  {
    words:
      /failed to (?:initialize logging driver|create task for container: failed to initialize logging driver): (.*)/,
    blame([, why = ""], plan) {
      const { logging } = plan.options;
      const options = Object.entries(logging.config);
      if (logging.type === undefined && logging.driver === undefined && options.length === 0)
        return undefined;
      // The words quote the value that does not hold, and never its name.
      const wrong = options.find(([name, value]) => why.includes(`'${value}'`) || why.includes(name));
      if (wrong !== undefined) return { path: ["config", "logging", "config", wrong[0]] };
      const kind = unreachable.test(why) ? "unavailable" : "invalid";
      const hint =
        kind === "unavailable" ? "Does what collects the logs run, and can the engine reach it?" : undefined;
      return { path: ["config", "logging"], kind, hint };
    },
  },
];
