import { expect, test } from 'vitest';
import { parseStored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const RECORD: StoredToken = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: sha256('source'),
};

test.for<[string, unknown, number | undefined]>([
  ['uses', 1_800_000_000, 1_800_000_000],
  ['uses', 1_800_001_800, 1_800_001_800],
  ['uses', 1_800_003_600, 1_800_003_600],
  ['ignores', 1_799_999_999, undefined],
  ['ignores', 1_800_003_601, undefined],
  ['ignores', 1_800_001_800.5, undefined],
  ['ignores', '1800001800', undefined],
  ['ignores', null, undefined],
])('%s the refresh_at %o of a record from 1800000000 to 1800003600', ([, refresh_at, used]) => {
  expect(parseStored(JSON.stringify({ ...RECORD, refresh_at }), 1)).toEqual({
    state: 'token',
    version: 1,
    token: { ...RECORD, ...(used === undefined ? {} : { refresh_at: used }) },
  });
});
