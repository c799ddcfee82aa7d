import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const reader = fileURLToPath(new URL('lambda/reader/token-reader.ts', import.meta.url));

export default defineConfig({
  resolve: { alias: { 'token-refresher/reader': reader } },
  test: {
    include: ['test/**/*.test.ts'],
    // Longer: npm run test:slow and npm run test:e2e.
    exclude: ['test/slow/**', 'test/e2e/**'],
    globalSetup: ['test/support/setup.ts'],
    // Half of the time goes into waiting for processes and backoff; the default leaves one of two cores unused.
    maxWorkers: 3,
    restoreMocks: true,
    // For what has come to a standstill: how long a test takes is for the machine to say.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
