import { stat } from 'node:fs/promises';
import type { Experiment } from '../support/experiment.ts';
import { deployedBundle, plainBundle } from './refresher-bundles.ts';

/** The size of the refresher's bundle. */
export const refresherSize: Experiment = {
  rounds: 1,
  counts: 'least',
  async prepare({ directory }) {
    const sizeOf = (bundle: string) => async () => ({ bytes: (await stat(bundle)).size });
    return {
      deployed: sizeOf(await deployedBundle(directory)),
      plain: sizeOf(await plainBundle(directory)),
    };
  },
};
