/** A real Nomad agent with a docker driver under it. Import from here. */
export { type NomadAgent, startNomadAgent } from "./agent.ts";
export { quote } from "./agent-config.ts";
export {
  type AllocStub,
  execInTask,
  hasEnded,
  isRunning,
  runJob,
  stopJob,
  toMessages,
  untilAlloc,
  untilLogged,
} from "./allocations.ts";
export { type ClientOptions, type DriverChoice, NomadClient } from "./client.ts";
export { cniPluginsFor } from "./cni-plugins.ts";
export { type Consul, startConsul } from "./consul.ts";
export { type ContainerFacts, findContainer, findContainers } from "./containers.ts";
export { countScript, findLineFaults, noFaults } from "./counted-lines.ts";
export { eventually } from "./eventually.ts";
export { type ShellJob, type ShellTask, shellJob, waitScript } from "./jobs.ts";
export { addNetworkNamespace, type NetworkNamespace } from "./network-namespace.ts";
export { isNomadSince } from "./nomad-version.ts";
export { type AllocPort, readResources } from "./resources.ts";
export { NomadServer } from "./server.ts";
export { describeNomad, useNomad } from "./use-nomad.ts";
