import type { ImageRemovalEvent } from "./images/index.ts";
import type { TaskEvents } from "./task-events.ts";
import type { DockerTask } from "./tasks/docker-task.ts";

/** The task that used an image last is told what becomes of the image. */
export class ImageUsers {
  readonly #events: TaskEvents;
  readonly #areRemoved: boolean;
  readonly #byImage = new Map<string, DockerTask>();

  /** `areRemoved`: images are removed at all; otherwise nobody needs to be remembered. */
  constructor(events: TaskEvents, areRemoved: boolean) {
    this.#events = events;
    this.#areRemoved = areRemoved;
  }

  /** The task uses its image from now on. */
  note(task: DockerTask): void {
    if (this.#areRemoved && task.lease !== undefined) this.#byImage.set(task.lease.reference, task);
  }

  hear(event: ImageRemovalEvent): void {
    const task = this.#byImage.get(event.image);
    this.#byImage.delete(event.image);
    if (task === undefined) return;
    if (event.type === "image-removed") this.#events.tell(task, event);
    else this.#events.tell(task, { type: "note" }, `Image ${event.image} stays: ${event.reason}`);
  }
}
