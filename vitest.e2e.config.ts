import { defineConfig } from 'vitest/config';

/** Runs tests that `npm test` runs on the embedded endpoint, on another cloud. */
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

/** Tests of npm run token-refresher and npm run deploy:local. */
const COMMANDS = ['test/e2e/cli.test.ts', 'test/e2e/deploy-local.test.ts'];

/** Deploys the system, step by step, to clouds on this machine. See test/e2e/clouds.ts. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts', 'test/e2e/clouds.ts'],
    reporters: ['verbose'],
    // These tests mostly wait.
    maxWorkers: 4,
    restoreMocks: true,
    // A step may wait for the next scheduled run, a minute plus some delay.
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
