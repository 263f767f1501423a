import type { Planning } from "./planning.ts";

/** `NAME=value`, sorted by name; `port_map` says the container's port of its labels. */
export function planEnvironment({ task, options }: Planning): readonly string[] {
  const mapped = Object.entries(options.port_map).map(([label, port]) => [
    `NOMAD_PORT_${label}`,
    String(port),
  ]);
  const env: Readonly<Record<string, string>> = {
    ...task.deviceEnv,
    ...task.env,
    ...Object.fromEntries(mapped),
  };
  return Object.keys(env)
    .sort()
    .map((name) => `${name}=${env[name]}`);
}
