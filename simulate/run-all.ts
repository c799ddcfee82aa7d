import { aggregate, type Column } from './aggregate.ts';
import { type Claim, claimsOf } from './claims.ts';
import { runInWorkers } from './run-in-workers.ts';
import { LEAST_PER_DAY, type ScenarioResult } from './scenarios.ts';

/** The seed of the published figures. */
export const SEED = 1;

/** Simulates everything, and checks the claims. */
export async function runAll(
  seed: number,
  onResult: (result: ScenarioResult) => void = () => undefined,
): Promise<{ readonly columns: readonly Column[]; readonly claims: readonly Claim[] }> {
  const columns = aggregate(await runInWorkers(seed, onResult), LEAST_PER_DAY);
  return { columns, claims: claimsOf(columns) };
}
