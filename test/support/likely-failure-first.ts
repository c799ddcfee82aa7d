import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Names of the changed source files by the ids of their mutants. Stryker writes the ids into its copy of the sources. */
const sources = new Map<string, string>();
for (const file of globSync('lambda/**/*.ts'))
  for (const [, id = ''] of readFileSync(file, 'utf8').matchAll(/stryMutAct_\w+\("(\d+)"\)/g))
    sources.set(id, basename(file, '.ts'));

/**
 * Runs the tests first that most probably detect the mutant: those of its file, and those that detected the last mutant. Short
 * files come before long ones.
 */
export class LikelyFailureFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { activeMutant } = this.ctx.getRootProject().getProvidedContext() as { activeMutant?: string };
    const own = `${sources.get(activeMutant ?? '')}.test.ts`;
    const rank = (file: TestSpecification) => {
      if (basename(file.moduleId) === own) return 0;
      return this.ctx.cache.getTestSpecificationResult(file)?.failed ? 1 : 2;
    };
    // Vitest starts with the longest.
    const shortestFirst = (await super.sort(files)).toReversed();
    return shortestFirst.toSorted((one, other) => rank(one) - rank(other));
  }
}
