import { defineConfig } from 'vitest/config';

/** The deployed system, step by step, on clouds that run on this machine; see test/e2e/clouds.ts. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: ['test/support/setup.ts', 'test/e2e/clouds.ts'],
    reporters: ['verbose'],
    // They wait more than they work.
    maxWorkers: 4,
    restoreMocks: true,
    // A step may wait for the schedule: a minute, and what it may be late.
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
