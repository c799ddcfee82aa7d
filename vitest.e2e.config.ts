import { defineConfig } from 'vitest/config';

/** The tests that `npm test` runs on the embedded endpoint, on another cloud. */
const onCloud = (name: 'MiniStack' | 'moto') => ({
  extends: true as const,
  test: {
    name,
    include: [
      'test/local/embedded-cloud/*-*.test.ts',
      'test/lambda/refresher/refresher.test.ts',
      'test/lambda/deployment/custom-resources.test.ts',
    ],
    provide: { aws: name },
    setupFiles: ['test/e2e/differences.ts'],
  },
});

/** What people run by hand: npm run token-refresher, npm run deploy:local. */
const COMMANDS = ['test/e2e/cli.test.ts', 'test/e2e/deploy-local.test.ts'];

/** The deployed system, step by step, on clouds that run on this machine; see test/e2e/clouds.ts. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts', 'test/e2e/clouds.ts'],
    reporters: ['verbose'],
    // They wait more than they work.
    maxWorkers: 4,
    restoreMocks: true,
    // A step may wait for the schedule: a minute, and what it may be late.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: { name: 'deployed', include: ['test/e2e/*.test.ts'], exclude: COMMANDS },
      },
      { extends: true, test: { name: 'cli', include: COMMANDS } },
      onCloud('MiniStack'),
      onCloud('moto'),
    ],
  },
});
