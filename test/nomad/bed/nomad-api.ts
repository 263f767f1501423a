import { setTimeout as pause } from "node:timers/promises";

/** The agent's HTTP API, by its blocking queries. */
export class NomadApi {
  readonly address: string;
  readonly #signal: AbortSignal;

  constructor(address: string, signal: AbortSignal) {
    this.address = address;
    this.#signal = signal;
  }

  /** Rejects with the status and the agent's words when it does not answer 200. */
  async get<T>(path: string): Promise<T> {
    return (await this.#ask<T>("GET", path)).value;
  }

  async put(path: string, body?: unknown): Promise<void> {
    await this.#ask("PUT", path, body);
  }

  /** Asks again on each change until the answer satisfies the predicate. */
  async until<T>(path: string, predicate: (value: T) => boolean): Promise<T> {
    let index = 0;
    for (;;) {
      const separator = path.includes("?") ? "&" : "?";
      const answer = await this.#ask<T>("GET", `${path}${separator}index=${index}&wait=30s`);
      if (predicate(answer.value)) return answer.value;
      index = answer.index;
    }
  }

  /**
   * Reads an endless answer until its text satisfies the predicate; answers the text. Asks anew when the answer ends
   * before: the agent has begun a moment ago and does not know its allocations yet.
   */
  async follow(path: string, isEnough: (text: string) => boolean): Promise<string> {
    for (;;) {
      const text = await this.#followOnce(path, isEnough);
      if (text !== undefined) return text;
      await pause(50);
    }
  }

  async #followOnce(path: string, isEnough: (text: string) => boolean): Promise<string | undefined> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const answer = await fetch(`${this.address}${path}`, { signal });
    let text = "";
    try {
      const decoder = new TextDecoder();
      for await (const chunk of answer.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (isEnough(text)) return text;
      }
    } finally {
      stop.abort();
    }
    return undefined;
  }

  async #ask<T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly value: T; readonly index: number }> {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      signal: this.#signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    const index = Number(answer.headers.get("x-nomad-index") ?? 0);
    return { value: (text === "" ? undefined : JSON.parse(text)) as T, index };
  }
}
