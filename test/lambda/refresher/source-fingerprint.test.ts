import { expect, test } from 'vitest';
import type { Configuration } from '../../../lambda/refresher/configuration.ts';
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

test('each part of what a token is minted from changes the fingerprint', () => {
  const changes: readonly Partial<Configuration>[] = [
    {},
    { tokenUrl: 'https://other.example.com/token' },
    { scope: 'read' },
    { extraParameters: { a: '1' } },
    { extraParameters: { a: '2' } },
    { extraParameters: { b: '1' } },
    { clientAuthentication: 'client_secret_basic' },
    { parameterTier: 'Advanced' },
    { defaultLifetime: 600 },
    { defaultLifetime: 601 },
  ];
  const fingerprints = changes.map((change) => sourceFingerprint({ ...configuration, ...change }, 'v1'));
  const another = sourceFingerprint(configuration, 'v2');
  expect(new Set([...fingerprints, another]).size).toBe(changes.length + 1);
});

test.for([
  { a: '1', 'a-b': '2', b: '3' },
  { b: '3', 'a-b': '2', a: '1' },
  { 'a-b': '2', a: '1', b: '3' },
] as Record<string, string>[])(
  'the fingerprint has the extra parameters in the order of their names: %j',
  (extraParameters) => {
    const [tokenUrl, scope, , ...others] = formerFields;
    const sorted = [
      ['a', '1'],
      ['a-b', '2'],
      ['b', '3'],
    ];
    const expected = sha256(JSON.stringify([tokenUrl, scope, sorted, ...others]));
    expect(sourceFingerprint({ ...configuration, extraParameters }, 'v1')).toBe(expected);
  },
);
