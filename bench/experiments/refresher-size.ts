import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Experiment } from '../support/experiment.ts';
import { deployedBundle, plainBundle } from './refresher-bundles.ts';

/** The size of the refresher's bundle. */
export const refresherSize: Experiment = {
  rounds: 1,
  counts: 'least',
  async prepare({ directory }) {
    const sizeOf = (bundle: string) => async () => {
      const files = (await readdir(dirname(bundle))).map((name) => join(dirname(bundle), name));
      const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
      return { bytes: sizes.reduce((sum, size) => sum + size, 0) };
    };
    return {
      deployed: sizeOf(await deployedBundle(directory)),
      plain: sizeOf(await plainBundle(directory)),
    };
  },
};
