import type { Configuration } from '../../lambda/refresher/configuration.ts';
import type { SecretVersions } from '../../lambda/refresher/secret-versions.ts';
import { sourceFingerprint } from '../../lambda/refresher/source-fingerprint.ts';
import type { KnownToken } from './read-parameter.ts';

/** How the token's source compares with the current credentials and settings. */
export interface MintedFor {
  /** `other`: other settings, or a secret version that is neither current nor previous. */
  readonly credentials: 'current' | 'previous' | 'other';
  readonly version: string | undefined;
}

export function mintedFor(
  { source }: KnownToken,
  configuration: Configuration,
  { current, previous }: SecretVersions,
): MintedFor {
  const isFor = (version: string) => source === sourceFingerprint(configuration, version);
  if (isFor(current)) return { credentials: 'current', version: current };
  if (previous !== undefined && isFor(previous)) return { credentials: 'previous', version: previous };
  return { credentials: 'other', version: undefined };
}
