import type { Experiment, Sample } from '../support/experiment.ts';
import { compileScript, runScript } from '../support/run-script.ts';
import { bundleWithoutSdk, deployedBundle, plainBundle } from './refresher-bundles.ts';

/** A new container of the refresher: it loads the bundle, and its first check keeps the token. */
export const refresherStart: Experiment = {
  rounds: 25,
  counts: 'least',
  async prepare({ cloud, directory }) {
    const script = await compileScript('measure-start.ts', directory);
    const start =
      (bundle: string, ...args: string[]) =>
      async () => {
        const { result, measured } = await runScript<{ result: { reason?: string }; measured: Sample }>(
          script,
          [bundle, ...args],
          cloud.environment,
        );
        if (result.reason !== 'fresh') throw new Error('the check did not keep the token');
        return measured;
      };
    const deployed = await deployedBundle(directory);
    return {
      deployed: start(deployed),
      // A check that somebody waits for uses the SDK, as a mint does.
      deployedWithSdk: start(deployed, 'awaited'),
      plain: start(await plainBundle(directory)),
      withoutSdk: start(await bundleWithoutSdk(directory)),
    };
  },
};
