import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Most of a Docker test's time is spent waiting for the engine.
    maxWorkers: 3,
    // No module of ours keeps a state: files share workers, and what one has loaded the next one need not load again.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["src/**/*.test.ts", "test/house/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "docker",
          include: ["test/**/*.test.ts"],
          exclude: ["test/house/**"],
          globalSetup: ["test/bed/global-setup.ts"],
          setupFiles: ["test/bed/suppressed-error.ts"],
          // On a shared machine an engine may stall for longer than a test waits. Nobody retries at home.
          retry: Number(process.env.LONGSHORE_TEST_RETRIES ?? 0),
          testTimeout: 60_000,
        },
      },
    ],
  },
});
