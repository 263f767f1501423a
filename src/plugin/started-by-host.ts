export type Environment = Readonly<Record<string, string | undefined>>;

/** What a Nomad client sets so that a plugin knows that it was started as one. */
const cookie = {
  name: "NOMAD_PLUGIN_MAGIC_COOKIE",
  value: "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
};

/** Whether a Nomad client started this process as a plugin. */
export function isStartedByHost(env: Environment): boolean {
  return env[cookie.name] === cookie.value;
}
