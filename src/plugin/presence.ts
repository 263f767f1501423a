/** Knows whether a host is there, by its calls: a connected one holds streams open. */
export class Presence implements Disposable {
  readonly #onAlone: () => void;
  readonly #aloneMs: number;
  #calls = 0;
  #timer: NodeJS.Timeout;

  /** `onAlone` is called when nobody has called for `aloneMs`, and again after as long. */
  constructor(aloneMs: number, onAlone: () => void) {
    this.#aloneMs = aloneMs;
    this.#onAlone = onAlone;
    this.#timer = this.#wait();
  }

  /** Begins a call; the answer ends it. */
  enter(): () => void {
    this.#calls++;
    clearInterval(this.#timer);
    return () => {
      this.#calls--;
      if (this.#calls === 0) this.#timer = this.#wait();
    };
  }

  #wait(): NodeJS.Timeout {
    return setInterval(this.#onAlone, this.#aloneMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
