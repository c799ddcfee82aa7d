import { sha256 } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';

/** Fingerprint of what a token is minted from. It changes with the settings and with the credentials. */
export function sourceFingerprint(configuration: Configuration, secretVersionId: string): string {
  const { tokenUrl, scope, extraParameters, clientAuthentication, parameterTier } = configuration;
  const extra = Object.entries(extraParameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // The tier changes only when the parameter is written, so a new tier must cause a mint.
  const tier = parameterTier === 'Advanced' ? [parameterTier] : [];
  return sha256(
    JSON.stringify([tokenUrl, scope ?? null, extra, clientAuthentication, secretVersionId, ...tier]),
  );
}
