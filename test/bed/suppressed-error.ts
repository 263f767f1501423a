/** What `using` throws when a test has failed and then its cleaning too: it tells both, the test's own error as its cause. */
class TestAndCleaningFailed extends Error {
  constructor(error: unknown, suppressed: unknown) {
    super(`the test failed for the cause below, and then its cleaning: ${error}`, { cause: suppressed });
    this.name = "SuppressedError";
  }
}

// Before Node 24 there is none, and reports show no more of what takes its place than that an error was suppressed.
Object.defineProperty(globalThis, "SuppressedError", {
  value: TestAndCleaningFailed,
  writable: true,
  configurable: true,
});
