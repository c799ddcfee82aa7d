import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configDefaults } from 'vitest/config';
import { LikelyFailureFirst } from './test/support/likely-failure-first.ts';
import config from './vitest.config.ts';

const TESTS = 'test/lambda/**/*.test.ts';

/** Shrinking a counterexample takes up to a minute for a mutant that the first one has detected. */
const fastCheck = fileURLToPath(new URL('test/support/unshrunk-fast-check.ts', import.meta.url));

/** Whether a test runs bundles in child processes. Mutants do not reach them. */
const runsBundles = (file: string): boolean =>
  /startRefresher|startFunction|'deployable'/.test(readFileSync(file, 'utf8'));

/** The tests of npm run test:mutation: those that run the code in their own process. */
export default {
  ...config,
  resolve: { alias: { ...config.resolve?.alias, 'fast-check': fastCheck } },
  test: {
    ...config.test,
    include: [TESTS],
    exclude: [
      ...configDefaults.exclude,
      'test/lambda/reader/bundle.test.ts',
      // They simulate for minutes what other tests cover in seconds.
      'test/lambda/**/{any-sequence,interleavings,interleavings-with-reader,outages,outage-recovery,rejected-fleet,reports,revoking-endpoint,same-token-days}.test.ts',
      ...globSync(TESTS).filter(runsBundles),
    ],
    globalSetup: ['test/support/leak-files.ts'],
    sequence: { sequencer: LikelyFailureFirst },
    // A mutant that waits forever fails here. Stryker would start another process.
    testTimeout: 15_000,
    hookTimeout: 15_000,
    // One worker for each mutant loads the SDK once, and not for each file.
    isolate: false,
  },
};
