import { type CallOptions, Deferred, LongshoreError, unlessAborted } from "../../task/index.ts";

interface Turn {
  readonly over: Deferred<void>;
  /** Ends the work; undefined for a removal. */
  readonly ending: AbortController | undefined;
}

type Work<T> = (options: { readonly signal: AbortSignal | undefined }) => Promise<T>;

/** Lets one thing at a time be done about a group's network, in the order in which it was asked for. */
export class GroupTurns {
  readonly #groups = new Map<string, Set<Turn>>();

  /** Whether something is being done about the group's network. */
  has(allocId: string): boolean {
    return this.#groups.has(allocId);
  }

  /** Makes something for the group; rejects with `canceled` when the caller or a removal ends it. */
  async make<T>(allocId: string, { signal }: CallOptions, work: Work<T>): Promise<T> {
    const ending = new AbortController();
    const either = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
    return await this.#take(
      allocId,
      { over: new Deferred(), ending },
      () => work({ signal: either }),
      either,
    );
  }

  /** Removes what the group has, after all that was being made for it has ended early. */
  async remove(allocId: string, { signal }: CallOptions, work: Work<void>): Promise<void> {
    const reason = new LongshoreError("canceled", `the network of allocation ${allocId} is being removed`);
    for (const { ending } of this.#groups.get(allocId) ?? []) ending?.abort(reason);
    await this.#take(allocId, { over: new Deferred(), ending: undefined }, () => work({ signal }), signal);
  }

  async #take<T>(
    allocId: string,
    turn: Turn,
    work: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const turns = this.#groups.get(allocId) ?? new Set();
    const before = Promise.all([...turns].map(({ over }) => over.promise));
    this.#groups.set(allocId, turns.add(turn));
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      turn.over.resolve();
      turns.delete(turn);
      if (turns.size === 0) this.#groups.delete(allocId);
    }
  }
}
