import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confidential, countLeaks } from '../../support/confidential.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { grant } from '../../support/token-endpoint.ts';
import { jwt, OPAQUE_TOKENS, OTHER_ANSWERS, PROVIDERS, type ProviderAnswer } from './provider-answers.ts';

const answers: readonly (readonly [string, string, ProviderAnswer])[] = [
  ...PROVIDERS.flatMap(({ name, answers }) => answers.map((answer) => [name, answer.what, answer] as const)),
  ...OTHER_ANSWERS.map((answer) => [answer.from, answer.what, answer] as const),
];
/** Granted if no token is stored. */
const notValidYet: ProviderAnswer = {
  what: 'a JWT that becomes valid in an hour',
  body: (now) => grant(jwt({ nbf: now + 3600, exp: now + 7200 })).body ?? '',
  expected: { code: 'RESPONSE_INVALID', found: 'its nbf is too far ahead' },
};
const refusals = [
  ...answers.filter(([, , { expected }]) => 'code' in expected),
  ['RFC 7519 section 4.1', notValidYet.what, notValidYet] as const,
];

let refresher: TestRefresher;
let storedBefore: Awaited<ReturnType<TestRefresher['stored']>>;
beforeAll(async () => {
  refresher = await startRefresher();
  await refresher.putSecret(credentials(newClientSecret()));
  refresher.endpoint.answer(grant(confidential(`stored-${randomUUID()}`)));
  await refresher.invoke({ force: true });
  storedBefore = await refresher.stored();
});
afterAll(() => refresher.close());

test.for(refusals)(
  '%s, %s: the stored token stays, and the log names what was found without showing the token',
  async ([, , { expected, body, status = 200, headers = {} }]) => {
    const sent = typeof body === 'function' ? body(Math.floor(Date.now() / 1_000)) : body;
    refresher.endpoint.answer({ status, headers, body: sent });
    const from = refresher.fn.output.length;

    const answered = await refresher.invoke({ force: true });

    if (!('code' in expected)) throw new Error('the answer is a grant');
    const message = answered.ok ? 'it was accepted' : answered.errorMessage;
    expect(message).toMatch(new RegExp(`^${expected.code}: `));
    expect(message).toContain(expected.found);
    const written = [...refresher.fn.output.slice(from), message].join('\n');
    expect(written).toContain(`"code":"${expected.code}"`);
    expect(countLeaks([...OPAQUE_TOKENS, ...tokensIn(sent)], written)).toBe(0);
    // Compared without `expect`, whose message would show the tokens.
    expect(isDeepStrictEqual(await refresher.stored(), storedBefore)).toBe(true);
  },
);

/** The JWTs in an answer, and their payloads. */
function tokensIn(body: string | object): string[] {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const tokens = [...text.matchAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g)].map(([token]) => token);
  return tokens.flatMap((token) => [token, ...token.split('.').filter((part) => part.length > 12)]);
}
