import { expect, test } from 'vitest';
import { mintedFor } from '../../../cli/deployed/minted-for.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { configurationFor } from '../../support/configuration.ts';

const configuration = configurationFor('https://auth.example.com/token');
const otherSettings = configurationFor('https://auth.example.com/other');

test.for([
  ['the current version', configuration, 'v2', { credentials: 'current', version: 'v2' }],
  ['the previous version', configuration, 'v1', { credentials: 'previous', version: 'v1' }],
  ['a version without a stage', configuration, 'v0', { credentials: 'other', version: undefined }],
  ['other settings', otherSettings, 'v2', { credentials: 'other', version: undefined }],
] as const)(
  'a token that was minted with %s is recognized by its source',
  ([, settings, version, expected]) => {
    const token = { issued_at: 0, expires_at: 0, source: sourceFingerprint(settings, version) };
    expect(mintedFor(token, configuration, { current: 'v2', previous: 'v1' })).toEqual(expected);
  },
);
