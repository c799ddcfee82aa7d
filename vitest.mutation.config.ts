import { globSync, readFileSync } from 'node:fs';
import { configDefaults } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import config from './vitest.config.ts';

/** Most mutants fail in the first file. Vitest starts with the longest. */
class ShortestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toReversed();
  }
}

const TESTS = 'test/lambda/**/*.test.ts';

/** Whether a test runs bundles in child processes. Mutants do not reach them. */
const runsBundles = (file: string): boolean =>
  /startRefresher|startFunction|'deployable'/.test(readFileSync(file, 'utf8'));

/** The tests of npm run test:mutation: those that run the code in their own process. */
export default {
  ...config,
  test: {
    ...config.test,
    include: [TESTS],
    exclude: [
      ...configDefaults.exclude,
      'test/lambda/reader/bundle.test.ts',
      // They simulate for minutes what other tests cover in seconds.
      'test/lambda/**/{outages,outage-recovery,rejected-fleet,revoking-endpoint}.test.ts',
      ...globSync(TESTS).filter(runsBundles),
    ],
    globalSetup: ['test/support/leak-files.ts'],
    sequence: { sequencer: ShortestFirst },
    // A mutant that waits forever fails here. Stryker would start another process.
    testTimeout: 60_000,
  },
};
