/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  // These files only connect the parts. Tests run them as bundles in child processes, which mutants do not reach.
  mutate: ['lambda/**/*.ts', '!lambda/*/handler.ts', '!lambda/refresher/run-with-sdk.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  // Stryker rewrites tsconfig.json with an API that TypeScript 7 no longer has.
  ignorePatterns: ['tsconfig*.json', 'cdk.out', 'dist', 'docs', '*.tgz'],
  reporters: ['clear-text', 'progress', 'json', 'html'],
  clearTextReporter: { allowColor: false, reportTests: false },
  // With a shorter limit, a mutant would count as detected only because the machine is busy.
  timeoutMS: 120_000,
};
