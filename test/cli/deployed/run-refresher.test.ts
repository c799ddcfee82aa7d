import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import type { Clients } from '../../../cli/clients.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { runRefresher } from '../../../cli/deployed/run-refresher.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { awsClients } from '../../support/client.ts';
import { startRecordingApi } from '../../support/recording-api.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { oauthError } from '../../support/token-endpoint.ts';

function runOn(endpoint: string, id: string) {
  const clients = { invocations: awsClients(endpoint).lambda } as unknown as Clients;
  const target = {
    name: 'sandbox',
    function: { id, properties: { Role: 'arn:aws:iam::123456789012:role/own' } },
    otherLambdaRoleArn: 'arn:aws:iam::123456789012:role/other',
  } as unknown as Refresher;
  return runRefresher({ clients, commands: createShellCommands({}) }, target, { force: true });
}

describe('a run from the CLI', () => {
  let refresher: TestRefresher;
  beforeEach(async () => {
    refresher = await startRefresher();
    await refresher.putSecret(credentials(newClientSecret()));
  });
  afterEach(() => refresher.close());
  const run = (id: string) => runOn(refresher.cloud.url, id);

  test("returns the refresher's error if minting fails", async () => {
    refresher.endpoint.answer(oauthError(400, 'invalid_scope'));
    expect(await run(FUNCTION_NAME)).toMatchObject({ outcome: 'failed', code: 'REQUEST_REJECTED' });
  });

  test('fails if the function was deleted', async () => {
    await expect(run('gone')).rejects.toThrow(CliError);
  });
});

test('a function that cannot decrypt its environment is named with the commands that help', async () => {
  const lambda = await startRecordingApi((_call, response) => {
    const headers = { 'x-amzn-errortype': 'KMSAccessDeniedException', 'content-type': 'application/json' };
    response
      .writeHead(502, headers)
      .end('{"Message":"Lambda was unable to decrypt the environment variables"}');
  });
  const failure = await runOn(lambda.url, 'fn').catch((error: unknown) => error);
  await lambda.stop();
  expect(failure).toBeInstanceOf(CliError);
  const lines = (failure as CliError).message.split('\n');
  expect(lines[0]).toContain('unable to decrypt the environment variables');
  const use = (role: string) =>
    `  $ aws lambda update-function-configuration --function-name fn --role arn:aws:iam::123456789012:role/${role}`;
  const wait = '  $ aws lambda wait function-updated-v2 --function-name fn';
  expect(lines.slice(-4)).toEqual([use('other'), wait, use('own'), wait]);
});
