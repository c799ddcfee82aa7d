import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAIN, writeBundle } from '../support/bundles.ts';
import type { Experiment } from '../support/experiment.ts';
import { CONSUMER } from './consumer.ts';

/** The size of a consumer's bundle. Its app has not installed the SDK, or leaves it to the runtime. */
export const consumerSize: Experiment = {
  rounds: 1,
  counts: 'least',
  async prepare({ directory }) {
    const options = { ...PLAIN, external: ['@aws-sdk/*'] };
    const bundle = await writeBundle({ code: CONSUMER }, options, join(directory, 'consumer', 'index.js'));
    return { consumer: async () => ({ bytes: (await stat(bundle)).size }) };
  },
};
