export { createImages } from "./create-images.ts";
export type { AgentAuth, TaskAuth } from "./credentials.ts";
export { ImageNotes } from "./image-notes.ts";
export {
  formatImageReference,
  type ImageReference,
  isLatest,
  parseImageReference,
  toRepositoryName,
} from "./image-reference.ts";
export type {
  AcquireOptions,
  ImageEvent,
  ImageLease,
  ImageRemovalEvent,
  Images,
  ImagesOptions,
} from "./images.ts";
