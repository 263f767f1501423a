/** The test bed: a real engine, real registries and faults in front of them. Import from here. */
export { callEngine, callEngineOk } from "../../scripts/engine-api.mjs";
export { askTcp, askUdp } from "./ask.ts";
export { type Bed, bed } from "./facts.ts";
export { type EngineRequest, type EngineRule, type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
export type { Fault } from "./faults.ts";
export { freePort } from "./free-port.ts";
export { type ImageContent, importImage, removeImage } from "./images.ts";
export { type PrivateEngine, type PrivateEngineOptions, startPrivateEngine } from "./private-engine.ts";
export { echoContent, programEntries, redisContent } from "./programs.ts";
export { type PushedImage, type PushTarget, pushImage } from "./push.ts";
export { type Registry, type RegistryOptions, registryLogin, startRegistry } from "./registry.ts";
export {
  type RegistryFront,
  type RegistryRequest,
  type RegistryScript,
  startRegistryFront,
} from "./registry-front.ts";
export { makeTaskConfig } from "./task-config.ts";
export { abortable, type Deferred, deferred, until } from "./until.ts";
export { addUserNetwork, type UserNetwork } from "./user-network.ts";
