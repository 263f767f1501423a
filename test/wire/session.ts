import { encode } from "@msgpack/msgpack";
import type { DriverTaskEvent } from "../../src/plugin/proto/generated/nomad/driver.ts";
import { connect, type Host, type PluginProcess, type SpawnOptions, spawnPlugin } from "./host.ts";

/** A configured plugin with its host; tasks that it is told of are destroyed with it. */
export interface Session extends AsyncDisposable {
  readonly plugin: PluginProcess;
  readonly host: Host;
  readonly driver: Host["driver"];
  readonly events: readonly DriverTaskEvent[];
  /** Whether the plugin goes on with the stream of events. */
  eventsAreOpen(): boolean;
  /** Destroys the task in the end. */
  own(taskId: string): void;
}

export interface SessionOptions extends SpawnOptions {
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Starts a plugin and goes through the calls that an agent begins with. */
export async function openSession(program: string, options: SessionOptions = {}): Promise<Session> {
  const plugin = await spawnPlugin(program, options);
  return await beginSession(plugin, options.config);
}

/** The calls that an agent begins with, also on a plugin that it finds running. */
export async function beginSession(
  plugin: PluginProcess,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Session> {
  const host = connect(plugin);
  await host.base.pluginInfo({});
  await configure(host, config);
  const events: DriverTaskEvent[] = [];
  let eventsAreOpen = true;
  void collect(host.driver.taskEvents({}, { signal: host.gone }), events).finally(() => {
    eventsAreOpen = false;
  });
  const tasks: string[] = [];
  return {
    plugin,
    host,
    driver: host.driver,
    events,
    eventsAreOpen: () => eventsAreOpen,
    own: (taskId) => void tasks.push(taskId),
    async [Symbol.asyncDispose]() {
      if (plugin.child.exitCode === null && plugin.child.signalCode === null) {
        for (const taskId of tasks)
          await host.driver.destroyTask({ taskId, force: true }).catch(() => undefined);
      }
      host[Symbol.dispose]();
      await plugin[Symbol.asyncDispose]();
    },
  };
}

export async function configure(host: Host, config: Readonly<Record<string, unknown>>): Promise<void> {
  const msgpackConfig = Buffer.from(encode(config));
  await host.base.setConfig({ msgpackConfig, nomadConfig: undefined, pluginApiVersion: "0.1.0" });
}

async function collect(events: AsyncIterable<DriverTaskEvent>, into: DriverTaskEvent[]): Promise<void> {
  try {
    for await (const event of events) into.push(event);
  } catch {
    // The end of the plugin.
  }
}
