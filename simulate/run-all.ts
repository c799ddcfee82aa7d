import { aggregate, type Column } from './aggregate.ts';
import { type Expectation, expectationsOf } from './expectations.ts';
import { runInWorkers } from './run-in-workers.ts';
import { LEAST_PER_DAY, type ScenarioResult } from './scenarios.ts';

/** The seed of the published figures. */
export const SEED = 1;

/** Simulates everything, and checks the expectations. */
export async function runAll(
  seed: number,
  onResult: (result: ScenarioResult) => void = () => undefined,
): Promise<{ readonly columns: readonly Column[]; readonly expectations: readonly Expectation[] }> {
  const columns = aggregate(await runInWorkers(seed, onResult), LEAST_PER_DAY);
  return { columns, expectations: expectationsOf(columns) };
}
