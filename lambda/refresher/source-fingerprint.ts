import { sha256 } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';

/**
 * Fingerprint of what a token is minted from. Another fingerprint means that a stored token belongs to other
 * settings or to rotated credentials and has to be replaced.
 */
export function sourceFingerprint(configuration: Configuration, secretVersionId: string): string {
  const { tokenUrl, scope, extraParameters, clientAuthentication, parameterTier } = configuration;
  const extra = Object.entries(extraParameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // A parameter that has to become an advanced one does so only when it is written.
  const tier = parameterTier === 'Advanced' ? [parameterTier] : [];
  return sha256(
    JSON.stringify([tokenUrl, scope ?? null, extra, clientAuthentication, secretVersionId, ...tier]),
  );
}
