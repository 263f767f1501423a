import type { PullProgress, TaskEventDetail } from "../../task/index.ts";
import { toProgressLine } from "./progress-line.ts";

interface Pull {
  progress: PullProgress;
  /** Tasks that wait for the image. */
  readonly waiting: Set<string>;
}

/**
 * The images that are being pulled, each once however many tasks wait for it. Tells which events of a pull
 * are news: the first start and the first end.
 */
export class PullBoard {
  readonly #pulls = new Map<string, Pull>();

  /** Takes an event of a task into account; answers whether a person should be told of it. */
  update(taskKey: string, detail: TaskEventDetail | { readonly type: string }): boolean {
    const { type } = detail;
    if (isDetail(detail, "pull-started")) return this.#start(taskKey, detail.image);
    if (isDetail(detail, "pull-progress")) {
      this.#start(taskKey, detail.progress.image);
      const pull = this.#pulls.get(detail.progress.image);
      if (pull !== undefined) pull.progress = detail.progress;
      return false;
    }
    if (isDetail(detail, "pull-finished")) return this.#pulls.delete(detail.image);
    // Whatever else happens to a task but a note, it waits for no image any more.
    if (type !== "note" && type !== "preparing") this.#leave(taskKey);
    return true;
  }

  /** One line for each pull, at most so many columns wide. */
  lines(columns: number): readonly string[] {
    const pulls = [...this.#pulls.values()];
    const nameColumns = Math.max(0, ...pulls.map(({ progress }) => progress.image.length));
    return pulls.map(({ progress }) => toProgressLine(progress, columns, nameColumns));
  }

  #start(taskKey: string, image: string): boolean {
    const known = this.#pulls.get(image);
    if (known !== undefined) {
      known.waiting.add(taskKey);
      return false;
    }
    this.#pulls.set(image, { progress: emptyProgress(image), waiting: new Set([taskKey]) });
    return true;
  }

  #leave(taskKey: string): void {
    for (const [image, pull] of this.#pulls) {
      if (pull.waiting.delete(taskKey) && pull.waiting.size === 0) this.#pulls.delete(image);
    }
  }
}

function emptyProgress(image: string): PullProgress {
  return { image, receivedBytes: 0, totalBytes: 0, bytesPerSecond: 0, layersDone: 0, layersTotal: 0 };
}

function isDetail<T extends TaskEventDetail["type"]>(
  detail: { readonly type: string },
  type: T,
): detail is Extract<TaskEventDetail, { readonly type: T }> {
  return detail.type === type;
}
