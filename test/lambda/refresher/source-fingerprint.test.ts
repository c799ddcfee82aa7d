import { expect, test } from 'vitest';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { credentialFieldsOf } from '../../../lambda/shared/credential-fields.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { configurationFor } from '../../support/configuration.ts';

const configuration = configurationFor('https://auth.example.com/token');
const formerFields = ['https://auth.example.com/token', null, [], 'client_secret_post', 'v1'];

test('a record from before credentialFields existed keeps its fingerprint', () => {
  const former = sha256(JSON.stringify(formerFields));
  expect(sourceFingerprint(configuration, 'v1')).toBe(former);
  const named = { client_id: 'client_id', client_secret: 'client_secret' };
  expect(sourceFingerprint({ ...configuration, credentialFields: named }, 'v1')).toBe(former);
});

test('each set of field names has another fingerprint, in each tier', () => {
  const sets = [
    {},
    { client_id: 'a' },
    { client_secret: 'a' },
    { client_id: 'a', client_secret: 'b' },
    { client_id: 'b', client_secret: 'a' },
    { client_id: 'client_secret', client_secret: 'client_id' },
  ];
  const fingerprints = (['Intelligent-Tiering', 'Advanced'] as const).flatMap((parameterTier) =>
    sets.map((names) =>
      sourceFingerprint(
        { ...configuration, parameterTier, credentialFields: credentialFieldsOf(names) },
        'v1',
      ),
    ),
  );
  expect(new Set(fingerprints).size).toBe(2 * sets.length);
});
