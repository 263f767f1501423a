/** The longest time, in milliseconds, that a timer of Node.js waits: for more it fires at once. About 24 days. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Calls back once, after any number of milliseconds, unless it is disposed before. With `unref` the timer alone keeps
 * no process alive.
 */
export function startTimer(ms: number, onTime: () => void, { unref = false } = {}): Disposable {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const partMs = Math.min(leftMs, longestTimerMs);
    timer = setTimeout(() => (partMs < leftMs ? wait(leftMs - partMs) : onTime()), partMs);
    if (unref) timer.unref();
  };
  wait(ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
