import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clients } from '../../../cli/clients.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { runRefresher } from '../../../cli/deployed/run-refresher.ts';
import {
  checkCredentials,
  parseNewCredentials,
  storeCredentials,
} from '../../../cli/set-credentials/check-credentials.ts';
import { askForCredentials } from '../../../cli/set-credentials/prompt.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { awsClients } from '../../support/client.ts';
import { confidential, recordWritten } from '../../support/confidential.ts';
import {
  CLIENT_ID,
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { grant, oauthError } from '../../support/token-endpoint.ts';

describe('credentials on standard input', () => {
  test('are taken with whatever else the JSON holds', () => {
    const text = ' {"client_id": "a", "client_secret": "b", "host": "c"}\n';
    expect(parseNewCredentials(text)).toEqual({
      clientId: 'a',
      clientSecret: 'b',
      secretString: '{"client_id":"a","client_secret":"b","host":"c"}',
    });
  });

  test.for([
    '',
    'client_secret=§',
    '["§"]',
    '{"client_id": "a"}',
    '{"client_id": "a", "client_secret": " "}',
    '{"client_id": 1, "client_secret": "§"}',
  ])('are refused without being repeated: %s', (text) => {
    // No §, which stands for a secret here.
    const message =
      /^the credentials cannot be used: [^§]*; they have to be \{"client_id": "…", "client_secret": "…"\}$/;
    expect(() => parseNewCredentials(text)).toThrow(message);
  });
});

describe('credentials at a terminal', () => {
  /** A terminal on which somebody types these keys, and what it shows. */
  const terminal = (...keys: readonly string[]) => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const output = new PassThrough();
    let shown = '';
    let prompts = 0;
    output.on('data', (chunk) => {
      shown += chunk;
      if (String(chunk).includes('not shown')) setImmediate(() => input.write(keys[prompts++] ?? ''));
    });
    const asked = askForCredentials(input as never, output as never);
    return { asked, shown: () => shown };
  };

  test('are asked for without being shown', async () => {
    const secret = newClientSecret();
    const { asked, shown } = terminal('the-client\r', `${secret}\r`);
    expect(await asked).toMatchObject({ clientId: 'the-client', clientSecret: secret });
    expect(shown()).toMatch(/Client id \(not shown\):.*Client secret \(not shown\):/s);
    expect(shown()).not.toContain('the-client');
    recordWritten(shown());
  });

  test('are not taken where somebody stops', async () => {
    const { asked } = terminal('the-client\r', '\u0003');
    await expect(asked).rejects.toThrow('nothing was changed');
  });
});

describe('new credentials', () => {
  let refresher: TestRefresher;
  beforeEach(async () => {
    refresher = await startRefresher();
  });
  afterEach(() => refresher.close());

  const configuration = () =>
    readConfiguration({
      [ENVIRONMENT.tokenUrl]: refresher.endpoint.tokenUrl,
      [ENVIRONMENT.credentialsSecretId]: refresher.secretId,
      [ENVIRONMENT.parameterName]: refresher.parameterName,
      [ENVIRONMENT.parameterKeyId]: 'key',
      [ENVIRONMENT.checkEvery]: '300',
      [ENVIRONMENT.refreshBefore]: '1800',
      [ENVIRONMENT.scope]: 'travel:read',
    });
  const check = (clientSecret: string) =>
    checkCredentials(configuration(), parseNewCredentials(credentials(clientSecret)), {
      clock: createTestClock(),
      fetch: globalThis.fetch,
      random: Math.random,
    });

  test('are tried as the refresher will use them', async () => {
    const clientSecret = newClientSecret();
    refresher.endpoint.answer(grant(confidential(`tried/${randomUUID()}`), { expires_in: 900 }));
    expect(await check(clientSecret)).toBe(900);
    expect(Object.fromEntries(new URLSearchParams(refresher.endpoint.requests[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: CLIENT_ID,
      client_secret: clientSecret,
      scope: 'travel:read',
    });
    expect(await refresher.stored()).toBeUndefined();
  });

  test.for([
    [oauthError(401, 'invalid_client'), 'CLIENT_REJECTED'],
    [{ status: 500 }, 'ENDPOINT_UNAVAILABLE'],
    [{ status: 429, headers: { 'retry-after': '3600' } }, 'RATE_LIMITED'],
    [grant('', {}), 'RESPONSE_INVALID'],
  ] as const)('are refused where the endpoint answers %j', async ([answer, code]) => {
    refresher.endpoint.answer(answer);
    await expect(check(newClientSecret())).rejects.toMatchObject({ code });
  });

  test('are stored, and make the next run mint', async () => {
    const { secretsManager, lambda } = awsClients(refresher.cloud.url) as unknown as Clients;
    const value = parseNewCredentials(credentials(newClientSecret()));
    refresher.endpoint.answer(grant(confidential(`stored/${randomUUID()}`)));
    const version = await storeCredentials(secretsManager, configuration(), value);
    const stored = await secretsManager.send(new GetSecretValueCommand({ SecretId: refresher.secretId }));
    expect([stored.VersionId, stored.SecretString]).toEqual([version, value.secretString]);
    const target = { name: 'sandbox', function: { id: FUNCTION_NAME } } as Refresher;
    expect(await runRefresher(lambda, target, {})).toMatchObject({ outcome: 'minted', reason: 'missing' });
    refresher.endpoint.answer(oauthError(400, 'invalid_scope'));
    expect(await runRefresher(lambda, target, { force: true })).toMatchObject({
      outcome: 'failed',
      code: 'REQUEST_REJECTED',
    });
    const gone = { name: 'sandbox', function: { id: 'gone' } } as Refresher;
    await expect(runRefresher(lambda, gone, {})).rejects.toThrow(
      /the function of sandbox, gone, has been deleted/,
    );
  });
});
