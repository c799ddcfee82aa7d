import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunction } from '../../infra/construct/bundle-function.ts';
import { LEFT_TO_THE_RUNTIME, PLAIN, writeBundle } from '../support/bundles.ts';

/** The bundle of the refresher as it is deployed. */
export async function deployedBundle(directory: string): Promise<string> {
  const folder = join(directory, 'deployed');
  await mkdir(folder, { recursive: true });
  for (const [file, content] of bundleFunction('Function').files)
    await writeFile(join(folder, file), content);
  return join(folder, 'index.mjs');
}

/** The handler without the step that needs no SDK. */
const code = `
  import { randomUUID } from 'node:crypto';
  import { Logger } from '@aws-lambda-powertools/logger';
  import { Metrics } from '@aws-lambda-powertools/metrics';
  import { runWithSdk } from './lambda/refresher/run-with-sdk.ts';
  import { systemClock as clock } from './lambda/shared/clock.ts';
  const logger = new Logger({ serviceName: 'bench' });
  const metrics = new Metrics({ namespace: 'bench', serviceName: 'bench' });
  export const handler = (event, context) => {
    logger.addContext(context);
    return runWithSdk(event, process.env, {
      clock,
      fetch: globalThis.fetch,
      random: Math.random,
      memory: {},
      telemetry: { logger, metrics },
      publish: () => metrics.publishStoredMetrics(),
      runId: randomUUID(),
      startedAt: Date.now(),
      remaining: context.getRemainingTimeInMillis(),
      isAwaited: false,
    });
  };`;

/** The same check, always with the SDK, bundled plainly. */
export function plainBundle(directory: string): Promise<string> {
  return writeBundle({ code }, PLAIN, join(directory, 'plain', 'index.js'));
}

/** The same check, always with the SDK of the runtime. */
export function bundleWithoutSdk(directory: string): Promise<string> {
  const options = { ...PLAIN, external: LEFT_TO_THE_RUNTIME };
  return writeBundle({ code }, options, join(directory, 'without-sdk', 'index.js'));
}
