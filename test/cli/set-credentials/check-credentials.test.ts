import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clients } from '../../../cli/clients.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { runRefresher } from '../../../cli/deployed/run-refresher.ts';
import { parseNewCredentials } from '../../../cli/set-credentials/ask-for-credentials.ts';
import { checkCredentials } from '../../../cli/set-credentials/check-credentials.ts';
import { storeCredentials } from '../../../cli/set-credentials/store-credentials.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { credentialFieldsOf } from '../../../lambda/shared/credential-fields.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { awsClients } from '../../support/client.ts';
import { confidential } from '../../support/confidential.ts';
import {
  CLIENT_ID,
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { REFUSALS_OF_REQUEST, REFUSALS_OF_SECRET } from '../../support/refusals.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { grant } from '../../support/token-endpoint.ts';

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
    checkCredentials(configuration(), parseNewCredentials(credentials(clientSecret), credentialFieldsOf()), {
      clock: createTestClock(),
      fetch: globalThis.fetch,
      random: Math.random,
    });

  test('are checked with the request that the refresher sends, and the token is dropped', async () => {
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
    [{ status: 500 }, 'ENDPOINT_UNAVAILABLE'],
    [{ status: 429, headers: { 'retry-after': '3600' } }, 'RATE_LIMITED'],
    [grant('', {}), 'RESPONSE_INVALID'],
  ] as const)('are rejected if the token endpoint answers %j', async ([answer, code]) => {
    refresher.endpoint.answer(answer);
    await expect(check(newClientSecret())).rejects.toMatchObject({ code });
  });

  test.for([...REFUSALS_OF_SECRET, ...REFUSALS_OF_REQUEST])(
    'are rejected as by the refresher if the token endpoint answers $kind',
    async ({ answer, code, shown }) => {
      refresher.endpoint.answer(answer);
      await expect(check(newClientSecret())).rejects.toMatchObject({
        code,
        message: expect.stringContaining(shown),
      });
    },
  );

  test('are stored unchanged, and the next run mints', async () => {
    const { secretsManager, lambda } = awsClients(refresher.cloud.url);
    const context = {
      clients: { invocations: lambda } as unknown as Clients,
      commands: createShellCommands({}),
    };
    const value = parseNewCredentials(credentials(newClientSecret()), credentialFieldsOf());
    refresher.endpoint.answer(grant(confidential(`stored/${randomUUID()}`)));
    const version = await storeCredentials(secretsManager, configuration(), value);
    const stored = await secretsManager.send(new GetSecretValueCommand({ SecretId: refresher.secretId }));
    expect([stored.VersionId, stored.SecretString]).toEqual([version, value.secretString]);
    const target = { name: 'sandbox', function: { id: FUNCTION_NAME } } as Refresher;
    expect(await runRefresher(context, target, {})).toMatchObject({ outcome: 'minted', reason: 'missing' });
  });
});
