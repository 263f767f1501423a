import type { CallOptions, Logger, TaskEvent, TaskEventDetail } from "../task/index.ts";
import { FanOut } from "./fan-out.ts";
import type { DockerTask } from "./tasks/docker-task.ts";
import { toEventMessage } from "./tasks/event-message.ts";

const waitingEvents = 4096;

/** What happens to a driver's tasks, for all who want to follow it. */
export class TaskEvents {
  readonly #logger: Logger;
  readonly #readers = new FanOut<TaskEvent>(waitingEvents, toLossEvent);

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Events from now on; a reader that is behind is told how many it has lost. */
  read(options: CallOptions): AsyncIterable<TaskEvent> {
    return this.#readers.read(options);
  }

  /** `message` is that of a note; other events have their own. */
  tell(task: DockerTask, detail: TaskEventDetail, message = ""): void {
    const { id, allocId, name } = task.config;
    const text = detail.type === "note" ? message : toEventMessage(detail);
    this.#logger.debug(text, { task: id, type: detail.type });
    this.#readers.push({ taskId: id, allocId, taskName: name, at: new Date(), message: text, detail });
  }

  close(): void {
    this.#readers.close();
  }
}

function toLossEvent(lost: number): TaskEvent {
  const message = `${lost} events were lost, because they were not read in time`;
  return { taskId: "", allocId: "", taskName: "", at: new Date(), message, detail: { type: "note" } };
}
