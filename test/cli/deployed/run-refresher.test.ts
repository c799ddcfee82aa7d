import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import type { Clients } from '../../../cli/clients.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { runRefresher } from '../../../cli/deployed/run-refresher.ts';
import { awsClients } from '../../support/client.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { oauthError } from '../../support/token-endpoint.ts';

describe('a run from the CLI', () => {
  let refresher: TestRefresher;
  beforeEach(async () => {
    refresher = await startRefresher();
    await refresher.putSecret(credentials(newClientSecret()));
  });
  afterEach(() => refresher.close());
  const run = (id: string) => {
    const { lambda } = awsClients(refresher.cloud.url) as unknown as Clients;
    return runRefresher(lambda, { name: 'sandbox', function: { id } } as Refresher, { force: true });
  };

  test("returns the refresher's error if minting fails", async () => {
    refresher.endpoint.answer(oauthError(400, 'invalid_scope'));
    expect(await run(FUNCTION_NAME)).toMatchObject({ outcome: 'failed', code: 'REQUEST_REJECTED' });
  });

  test('fails if the function was deleted', async () => {
    await expect(run('gone')).rejects.toThrow(CliError);
  });
});
