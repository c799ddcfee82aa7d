import { expect, onTestFinished, test } from 'vitest';
import { checkEndpoint } from '../../../cli/doctor/check-endpoint.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import { PRIVATE_CA_PAGE } from '../../../lambda/shared/untrusted-certificate.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { startTlsFront } from '../../support/tls-front.ts';
import { type Answer, oauthError, startTokenEndpoint } from '../../support/token-endpoint.ts';

const check = (tokenUrl: string, clock = systemClock) => {
  const configuration = readConfiguration({
    TOKEN_URL: tokenUrl,
    CREDENTIALS_SECRET_ID: 'secret',
    TOKEN_PARAMETER_NAME: '/a',
    TOKEN_PARAMETER_KEY_ID: 'key',
    CHECK_EVERY_SECONDS: '300',
    REFRESH_BEFORE_SECONDS: '1800',
  });
  return checkEndpoint(configuration, { fetch: globalThis.fetch, clock });
};

test.for<[Answer, 'ok' | 'wrong' | 'unknown', RegExp]>([
  [oauthError(401, 'invalid_client'), 'ok', /HTTP 401/],
  [oauthError(400, 'invalid_request'), 'ok', /HTTP 400/],
  [{ status: 404 }, 'wrong', /HTTP 404/],
  [{ status: 302, headers: { location: 'https://elsewhere.example.com' } }, 'wrong', /HTTP 302/],
  [{ status: 503 }, 'wrong', /HTTP 503/],
  [{ status: 429 }, 'unknown', /HTTP 429/],
  [{ reset: true }, 'wrong', /: (UND_ERR_SOCKET|ECONNRESET)/],
  [{ hang: 'headers' }, 'wrong', /: TIMEOUT/],
])('a token endpoint that answers %j is %s', async ([answer, state, says]) => {
  const endpoint = await startTokenEndpoint();
  endpoint.answer(answer);
  const patience = 'hang' in answer ? 500 : 60_000;
  const clock = { ...systemClock, timeout: () => AbortSignal.timeout(patience) };

  const verdict = await check(endpoint.tokenUrl, clock);

  expect(verdict).toMatchObject({ state, says: expect.stringMatching(says) });
  expect(verdict.remedy.join()).toMatch(state === 'wrong' ? /^curl / : /^$/);
  if (state === 'ok') expect(endpoint.requests[0]?.body).toBe('grant_type=client_credentials');
  await endpoint.close();
});

test('for a certificate of a private CA, the remedy names the variable and the page', async () => {
  const front = await startTlsFront({ localhost: 'http://127.0.0.1:9' }, await createCertificateAuthority());
  onTestFinished(() => front.close());
  const { state, says } = await check(`https://localhost:${front.port}/token`);
  expect(state).toBe('wrong');
  expect(says).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(says).toContain('NODE_EXTRA_CA_CERTS');
  expect(says).toContain(PRIVATE_CA_PAGE);
});
