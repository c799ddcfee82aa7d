import { expect, test } from 'vitest';
import { mutationScores } from '../../scripts/mutation-scores.ts';

const reportOf = (files: Readonly<Record<string, readonly string[]>>) => ({
  files: Object.fromEntries(
    Object.entries(files).map(([file, statuses]) => [
      file,
      { mutants: statuses.map((status) => ({ status })) },
    ]),
  ),
});

test.for([
  ['is killed', ['Killed'], 100],
  ['hangs', ['Timeout'], 100],
  ['survives', ['Survived'], 0],
  ['is not run by any test', ['NoCoverage'], 0],
  ['is detected in three of four cases', ['Killed', 'Timeout', 'Survived', 'Killed'], 75],
  ['is ignored or does not start, besides one that is killed', ['Ignored', 'RuntimeError', 'Killed'], 100],
] as const)('a file whose mutant %s has its share of detected mutants as its score', ([, mutants, score]) => {
  expect(mutationScores(reportOf({ 'a.ts': mutants }))).toEqual([['a.ts', score]]);
});

test('a file without mutants has no score', () => {
  expect(mutationScores(reportOf({ 'a.ts': [], 'b.ts': ['Ignored'] }))).toEqual([]);
});

test('the lowest score comes first', () => {
  const report = reportOf({ 'a.ts': ['Killed'], 'b.ts': ['Survived'], 'c.ts': ['Killed', 'Survived'] });
  expect(mutationScores(report).map(([file]) => file)).toEqual(['b.ts', 'c.ts', 'a.ts']);
});
