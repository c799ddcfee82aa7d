import type { Experiment } from '../support/experiment.ts';
import { compileScript, runScript } from '../support/run-script.ts';
import { deployedBundle } from './refresher-bundles.ts';

const CHECKS = 101;

/** A warm container of the refresher keeps the token, while each call to AWS takes `LATENCY_MS`. */
export const keptCheck: Experiment = {
  rounds: CHECKS,
  counts: 'median',
  async prepare({ cloud, directory }) {
    const script = await compileScript('measure-warm.ts', directory);
    const { measured } = await runScript<{ measured: { check: number[]; bare: number[] } }>(
      script,
      [await deployedBundle(directory), String(CHECKS)],
      cloud.slowEnvironment,
    );
    // The process has already alternated them.
    const replay = (times: readonly number[]) => {
      const remaining = times.values();
      return async () => ({ elapsed: remaining.next().value ?? Number.NaN });
    };
    return { check: replay(measured.check), bare: replay(measured.bare) };
  },
};
