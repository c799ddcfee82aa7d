import { Duration } from 'aws-cdk-lib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGrant } from '../../../lambda/refresher/grant.ts';
import { jwtValidity } from '../../../lambda/refresher/jwt-validity.ts';
import { type MintObservations, mint } from '../../../lambda/refresher/mint.ts';
import type { TokenAnswer } from '../../../lambda/refresher/token-request.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';
import {
  grant,
  type PlainAnswer,
  startTokenEndpoint,
  type TokenEndpoint,
} from '../../support/token-endpoint.ts';
import { jwt, OTHER_ANSWERS, type OtherAnswer, PROVIDERS, type ProviderAnswer } from './provider-answers.ts';

const fromProviders = PROVIDERS.flatMap(({ name, settings, answers }) => {
  const { defaultLifetime } = settings ?? {};
  return answers.map((answer): readonly [string, string, OtherAnswer] => [
    name,
    answer.what,
    {
      ...answer,
      from: name,
      ...(typeof defaultLifetime === 'string'
        ? { defaultLifetime: Duration.parse(defaultLifetime).toSeconds() }
        : {}),
    },
  ]);
});
const rows = [
  ...fromProviders,
  ...OTHER_ANSWERS.map((answer) => [answer.from, answer.what, answer] as const),
];

let endpoint: TokenEndpoint;
beforeAll(async () => {
  endpoint = await startTokenEndpoint();
});
afterAll(() => endpoint.close());

const mintWith = (clock: TestClock, observations: MintObservations, defaultLifetime?: number) =>
  mint(
    { ...configurationFor(endpoint.url), defaultLifetime },
    { clientId: 'id', clientSecret: 'secret' },
    'source',
    {
      clock,
      fetch: globalThis.fetch,
      random: () => 1,
      deadline: clock.now() + 40_000,
      mostRequests: 6,
      observations,
    },
  );

const failureOf = (step: () => unknown): RefreshError => {
  try {
    step();
  } catch (error) {
    if (error instanceof RefreshError) return error;
  }
  throw new Error('no RefreshError was thrown');
};

const sent = ({ body, status, headers }: ProviderAnswer, now: number): PlainAnswer => ({
  body: typeof body === 'function' ? body(now) : body,
  ...(status === undefined ? {} : { status }),
  ...(headers === undefined ? {} : { headers }),
});

test('the table has at least 80 answers, of at least 25 providers', () => {
  expect(rows.length).toBeGreaterThanOrEqual(80);
  expect(PROVIDERS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(PROVIDERS.map(({ name }) => name)).size).toBe(PROVIDERS.length);
});

test.for(rows)('%s, %s', async ([, , row]) => {
  const clock = createTestClock();
  const observations = { attempts: 0, isLifetimeBounded: false };
  const now = clock.now() / 1_000;
  endpoint.answer(sent(row, now));
  const minting = mintWith(clock, observations, row.defaultLifetime);
  const { expected } = row;
  if ('code' in expected) {
    await expect(minting).rejects.toMatchObject({
      code: expected.code,
      message: expect.stringContaining(expected.found),
    });
    return;
  }
  const token = await minting;
  expect(token.issued_at).toBe(now);
  expect(token.expires_at - token.issued_at).toBe(expected.lifetime);
  expect(observations.isLifetimeBounded).toBe(expected.isBounded ?? false);
  expect(clock.now() / 1_000 - now).toBe(expected.waits ?? 0);
});

describe('a refusal', () => {
  test.for<[string, object, RegExp]>([
    ['names defaultLifetime if there is no lifetime', { expires_in: undefined }, /Set defaultLifetime /],
    ['names defaultLifetime if the lifetime cannot be used', { expires_in: 1e10 }, /set defaultLifetime /i],
  ])('%s', async ([, members, remedy]) => {
    endpoint.answer(grant('opaque-token', members));
    const clock = createTestClock();
    await expect(mintWith(clock, { attempts: 0, isLifetimeBounded: false })).rejects.toThrow(remedy);
  });

  test('of a token that expired while the answer was on its way does not replace a valid one', async () => {
    const clock = createTestClock();
    endpoint.answer(() => {
      clock.advance(6_000);
      return grant('late', { expires_in: 5 });
    });
    await expect(mintWith(clock, { attempts: 0, isLifetimeBounded: false })).rejects.toThrow(
      /already expired/,
    );
  });
});

const SETTINGS = { tokenUrl: 'https://auth.example.com/token', defaultLifetime: undefined };
const TIMES = { sentAt: 1_800_000_000_000, answeredAt: 1_800_000_001_000 };
const answerWith = (fields: object): TokenAnswer => ({
  type: 'answer',
  status: 200,
  headers: new Headers(),
  body: JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 3_600, ...fields }),
});

test.for<[string, TokenAnswer, string, RegExp, object]>([
  ['is too large', { type: 'too-large' }, 'RESPONSE_INVALID', /a body of more than 64 KB/, {}],
  [
    'holds an error beside an empty token',
    answerWith({ access_token: '', error: 'invalid_client' }),
    'CLIENT_REJECTED',
    /invalid_client/,
    { status: 200, oauthError: 'invalid_client' },
  ],
  [
    'holds no token',
    answerWith({ access_token: undefined }),
    'RESPONSE_INVALID',
    /: it has no access_token\. Check the token URL\. If it is right, ask the operator/,
    {},
  ],
  [
    'holds a token under another name',
    answerWith({ access_token: undefined, id_token: 'token' }),
    'RESPONSE_INVALID',
    /: it has no access_token, but a field "id_token"\. Check the token URL/,
    {},
  ],
  [
    'holds a token that has expired',
    answerWith({ expires_in: 1 }),
    'RESPONSE_INVALID',
    /already expired on arrival\. The next check tries again\..* compare its clock with UTC/,
    { reason: 'TOKEN_EXPIRED' },
  ],
])('an answer that %s fails with what to do', ([, answer, code, message, details]) => {
  const failure = failureOf(() => readGrant(answer, SETTINGS, TIMES));
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(failure.details).toEqual(details);
});

test.for([
  ['as text', 'a b', 'a b'],
  ['as empty text', '', ''],
  ['as a list', ['a', 'b'], undefined],
  ['not', undefined, undefined],
] as const)('the scope of a grant is known only if it is text: stated %s', ([, scope, expected]) => {
  expect(readGrant(answerWith({ scope }), SETTINGS, TIMES).scope).toBe(expected);
});

describe('for anything', () => {
  const claim = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer()));
  const claims = fc.record({ exp: claim, nbf: claim }, { requiredKeys: [] });
  const token = fc.oneof(
    fc.string(),
    claims.map(jwt),
    fc.json().map(jwt),
    fc.string().map((text) => `a.${text}.b`),
  );

  test('that looks like a JWT, its instants are whole seconds or undefined', () => {
    fc.assert(
      fc.property(token, (text) => {
        for (const instant of Object.values(jwtValidity(text)))
          expect(instant === undefined || Number.isSafeInteger(instant)).toBe(true);
      }),
    );
  });

  test('in a body, the grant can be stored, or the refusal names no value', () => {
    const secret = 'value-that-no-message-names';
    const value = fc.oneof(claim, token, fc.constantFrom(secret, [secret], { [secret]: secret }));
    const body = fc.oneof(
      fc
        .record(
          {
            access_token: fc.oneof(token, value),
            expires_in: value,
            token_type: value,
            error: value,
            scope: value,
          },
          { requiredKeys: [] },
        )
        .map((found) => JSON.stringify(found)),
      fc.string().map((text) => text + secret),
      fc.constantFrom('<html>', '{"', '[', 'a=', 'eyJh.', '"').map((start) => start + secret),
    );
    let refusals = 0;
    fc.assert(
      fc.property(body, (text) => {
        const answer = { type: 'answer', status: 200, headers: new Headers(), body: text } as const;
        try {
          const { accessToken, lifetime, validFrom } = readGrant(answer, SETTINGS, TIMES);
          expect(accessToken).toMatch(/^[\x21-\x7e]+$/);
          expect(Number.isSafeInteger(lifetime) && lifetime >= 1 && lifetime <= 2_592_000).toBe(true);
          expect(validFrom === undefined || Number.isSafeInteger(validFrom)).toBe(true);
        } catch (error) {
          if (!(error instanceof RefreshError)) throw error;
          refusals += 1;
          expect(error.message).not.toContain(secret);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(refusals).toBeGreaterThan(100);
  });
});
