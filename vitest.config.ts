import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const reader = fileURLToPath(new URL('lambda/reader.ts', import.meta.url));

export default defineConfig({
  resolve: { alias: { 'token-refresher/reader': reader } },
  test: {
    include: ['test/**/*.test.ts'],
    // Minutes long: npm run test:e2e.
    exclude: ['test/e2e/**'],
    globalSetup: ['test/support/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
