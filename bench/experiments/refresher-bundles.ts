import { join } from 'node:path';
import { FUNCTION_BUNDLING, FUNCTION_ENTRIES } from '../../infra/construct/bundling.ts';
import { LEFT_TO_THE_RUNTIME, PLAIN, writeBundle } from '../support/bundles.ts';

const entry = `lambda/${FUNCTION_ENTRIES.Function}`;

/** The bundle of the refresher as it is deployed. */
export function deployedBundle(directory: string): Promise<string> {
  return writeBundle({ entry }, FUNCTION_BUNDLING, join(directory, 'deployed', 'index.mjs'));
}

/** The same code bundled plainly. */
export function plainBundle(directory: string): Promise<string> {
  return writeBundle({ entry }, PLAIN, join(directory, 'plain', 'index.js'));
}

/** The same code bundled plainly, with the SDK of the runtime. */
export function bundleWithoutSdk(directory: string): Promise<string> {
  const options = { ...PLAIN, external: LEFT_TO_THE_RUNTIME };
  return writeBundle({ entry }, options, join(directory, 'without-sdk', 'index.js'));
}
