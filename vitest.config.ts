import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      'token-refresher/reader': source('lambda/reader/token-reader.ts'),
      'token-refresher/testing': source('lambda/testing/fake-token-reader.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // See npm run test:slow and npm run test:e2e.
    exclude: ['test/slow/**', 'test/e2e/**'],
    globalSetup: ['test/support/setup.ts'],
    // The tests wait half of the time, for processes and backoff. The default leaves one of two cores unused.
    maxWorkers: 3,
    restoreMocks: true,
    // Only stops tests that hang. The duration of a test depends on the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
