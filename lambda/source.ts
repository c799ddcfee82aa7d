import type { Configuration } from './configuration.ts';
import { sha256 } from './stored-token.ts';

/**
 * Fingerprint of what a token is minted from. Another fingerprint means that a stored token belongs to other
 * settings or to rotated credentials and has to be replaced.
 */
export function sourceFingerprint(configuration: Configuration, secretVersionId: string): string {
  const { tokenUrl, scope, extraParameters, clientAuthentication } = configuration;
  const extra = Object.entries(extraParameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([tokenUrl, scope ?? null, extra, clientAuthentication, secretVersionId]));
}
