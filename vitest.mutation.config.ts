import { configDefaults } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import config from './vitest.config.ts';

/** Most mutants fail in the first file. Vitest starts with the longest. */
class ShortestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toReversed();
  }
}

/**
 * Tests that run the code in their own process. Mutants do not reach the bundles that other tests run in child processes.
 * See npm run test:mutation.
 */
export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/lambda/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'test/lambda/**/{bundle,egress}.test.ts',
      'test/lambda/deployment/custom-resources.test.ts',
      'test/lambda/refresher/{hostile-endpoint,metrics,provider-refusals,refresher,rejection,rotation,time-budget}.test.ts',
      // Fleets take seconds for each mutant, and other tests detect the same ones.
      'test/lambda/reader/{outage-recovery,rejected-fleet,revoking-endpoint}.test.ts',
    ],
    globalSetup: ['test/support/leak-files.ts'],
    sequence: { sequencer: ShortestFirst },
    // A mutant that waits forever fails here. Stryker would start another process.
    testTimeout: 20_000,
  },
};
