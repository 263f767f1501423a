export { createImages } from "./create-images.ts";
export { ImageNotes } from "./image-notes.ts";
export type {
  AcquireOptions,
  ImageEvent,
  ImageLease,
  ImageRemovalEvent,
  Images,
  ImagesOptions,
} from "./images.ts";
