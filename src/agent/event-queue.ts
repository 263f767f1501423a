import type { RunEvent } from "./agent.ts";

/** Events on their way to one reader. */
export interface EventQueue {
  readonly events: AsyncIterable<RunEvent>;
  /** Never waits; progress that nobody has read yet is replaced by newer progress of the same image. */
  push(event: RunEvent): void;
  /**
   * Output of a task: resolves when there is room for more. Without a reader it never waits: the oldest output is
   * dropped instead, and the reader is told how much.
   */
  pushOutput(event: RunEvent & { readonly type: "log" }): Promise<void>;
  /** From now on no output waits for the reader. */
  release(): void;
  /** The reader ends after what is queued. */
  end(): void;
}

/** Output held for the reader, bytes. */
const mostOutputBytes = 1024 * 1024;

type Reader = "none" | "reading" | "gone";

export function createEventQueue(): EventQueue {
  let queue: RunEvent[] = [];
  let outputBytes = 0;
  let droppedBytes = 0;
  let ended = false;
  let released = false;
  let reader: Reader = "none";
  let wakeReader: (() => void) | undefined;
  let room: PromiseWithResolver | undefined;

  function add(event: RunEvent): void {
    if (reader === "gone") return;
    queue.push(event);
    wakeReader?.();
  }

  function freeRoom(): void {
    if (outputBytes >= mostOutputBytes && !released && reader !== "gone") return;
    room?.resolve();
    room = undefined;
  }

  function dropOldestOutput(): void {
    while (outputBytes > mostOutputBytes) {
      const index = queue.findIndex((event) => event.type === "log");
      const [event] = index < 0 ? [] : queue.splice(index, 1);
      if (event?.type !== "log") return;
      outputBytes -= event.data.byteLength;
      droppedBytes += event.data.byteLength;
    }
  }

  async function* read(): AsyncGenerator<RunEvent> {
    if (reader !== "none") return;
    reader = "reading";
    try {
      for (;;) {
        const event = queue.shift();
        if (event !== undefined) {
          if (event.type === "log") {
            if (droppedBytes > 0) yield toDroppedNote(event, droppedBytes);
            droppedBytes = 0;
            outputBytes -= event.data.byteLength;
            freeRoom();
          }
          yield event;
        } else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
      }
    } finally {
      reader = "gone";
      queue = [];
      freeRoom();
    }
  }

  return {
    events: { [Symbol.asyncIterator]: read },
    push(event) {
      const index = isProgress(event) ? queue.findIndex((other) => isSameProgress(other, event)) : -1;
      if (index >= 0) queue[index] = event;
      else add(event);
    },
    async pushOutput(event) {
      if (reader === "gone") return;
      outputBytes += event.data.byteLength;
      add(event);
      if (reader === "none" || released) return dropOldestOutput();
      if (outputBytes < mostOutputBytes) return;
      room ??= withResolver();
      await room.promise;
    },
    release() {
      released = true;
      freeRoom();
    },
    end() {
      ended = true;
      wakeReader?.();
    },
  };
}

function isProgress(event: RunEvent): boolean {
  return event.type === "task-event" && event.detail.type === "pull-progress";
}

function isSameProgress(one: RunEvent, other: RunEvent): boolean {
  if (one.type !== "task-event" || other.type !== "task-event") return false;
  if (one.detail.type !== "pull-progress" || other.detail.type !== "pull-progress") return false;
  return (
    one.task.allocId === other.task.allocId &&
    one.task.task === other.task.task &&
    one.detail.progress.image === other.detail.progress.image
  );
}

function toDroppedNote(event: RunEvent & { readonly type: "log" }, bytes: number): RunEvent {
  return {
    at: event.at,
    type: "task-event",
    task: event.task,
    message: `${bytes} bytes of output were not shown because nobody read them; the log files have them`,
    detail: { type: "note" },
  };
}

interface PromiseWithResolver {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolver(): PromiseWithResolver {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
