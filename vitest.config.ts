import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
<<<<<<< HEAD
    globalSetup: ['test/support/setup.ts'],
=======
    // Minutes long: npm run test:e2e.
    exclude: ['test/e2e/**'],
    globalSetup: ['test/support/bundle.ts'],
>>>>>>> 06ab5d3 (Add npm run test:e2e: deployed, run by its schedule, consumed, updated and destroyed)
    restoreMocks: true,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
