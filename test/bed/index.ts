/** The test bed: a real engine, real registries and faults in front of them. Import from here. */
export { callEngine, callEngineOk } from "../../scripts/engine-api.mjs";
export { type Bed, bed } from "./facts.ts";
export { freePort } from "./free-port.ts";
export { type ImageContent, importImage, removeImage } from "./images.ts";
export { type PushedImage, type PushTarget, pushImage } from "./push.ts";
export { type Registry, type RegistryOptions, registryLogin, startRegistry } from "./registry.ts";
export { makeTaskConfig } from "./task-config.ts";
export { abortable, type Deferred, deferred, until } from "./until.ts";
