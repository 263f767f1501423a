/** Items from one side to one reader on the other. */
export class Channel<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #closed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Resolves when the reader has taken the item, or the channel is closed. */
  async push(item: T): Promise<void> {
    if (this.#closed) return;
    this.#items.push(item);
    this.#wakeReader?.();
    while (this.#items.includes(item) && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  /** For items of which only the newest counts. */
  replace(item: T): void {
    if (this.#closed) return;
    this.#items = [item];
    this.#wakeReader?.();
  }

  /** The reader ends after what is there. */
  close(): void {
    this.#closed = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const [item] = this.#items.splice(0, 1);
      if (item !== undefined) {
        this.#wakeWriter?.();
        yield item;
      } else if (this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
    }
  }
}
