/** Fails if the tests detect too few mutants of a file. Reads the report that Stryker has just written. */
import { readFile } from 'node:fs/promises';
import { type MutationReport, mutationScores } from './mutation-scores.ts';

/** Stryker's own thresholds apply to the sum of all files. */
const LEAST_SCORE = 92;

const report = JSON.parse(await readFile('reports/mutation/mutation.json', 'utf8')) as MutationReport;
for (const [file, score] of mutationScores(report).filter(([, score]) => score < LEAST_SCORE)) {
  console.error(
    `${file} has a mutation score of ${score.toFixed(1)} %. At least ${LEAST_SCORE} % are required. ` +
      'Add tests that detect the surviving mutants, or explain those that change nothing.',
  );
  process.exitCode = 1;
}
