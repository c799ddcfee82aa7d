import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../local/deploy-local/ministack.ts';
import { startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { confidential, countLeaks, recordWritten } from '../../support/confidential.ts';

const start = fileURLToPath(new URL('../../../local/demo/start.ts', import.meta.url));
/** No AWS variable of the shell that runs the tests may have an effect. */
const withoutAws = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
);
const once = (environment: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [start, '--once'], { env: { ...withoutAws, ...environment } });

describe('npm start -- --once', () => {
  test('mints a token that the API accepts, without showing it, and ignores an empty AWS_ENDPOINT_URL', async () => {
    const { stdout, stderr } = await once({ AWS_ENDPOINT_URL: '' });
    expect(stdout).toContain('"outcome":"minted"');
    expect(stdout).toContain('"outcome":"kept"');
    expect(stdout).toContain('the API answered 200');
    expect(stdout + stderr).not.toContain('access_token');
    // The system ends before a consumer could call it.
    expect(stdout).not.toContain('your own consumer');
  });

  test.for(['once', '--twice'])('refuses %s, which is no option', async (argument) => {
    const attempt = promisify(execFile)(process.execPath, [start, argument], { env: withoutAws });
    await expect(attempt).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${argument} is unknown. The only option is --once`),
    });
  });

  test('uses the endpoint in AWS_ENDPOINT_URL, and prints neither token nor secret', async () => {
    const endpoint = await startAwsEndpoint();
    const { ssm, secretsManager } = awsClients(endpoint.url);
    const { stdout, stderr } = await once({ AWS_ENDPOINT_URL: endpoint.url });
    recordWritten(stdout + stderr);

    const parameter = await ssm.send(
      new GetParameterCommand({ Name: '/spotnana/access-token', WithDecryption: true }),
    );
    const secret = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: 'token-refresher/local' }),
    );
    const token: string = JSON.parse(parameter.Parameter?.Value ?? '').access_token;
    const clientSecret: string = JSON.parse(secret.SecretString ?? '').client_secret;
    const secrets = [token, clientSecret].map(confidential);
    expect(countLeaks(secrets, stdout + stderr)).toBe(0);
    await endpoint.close();
  });

  test.for(['https://ssm.eu-west-1.amazonaws.com', 'https://secretsmanager.eu-west-1.api.aws'])(
    'refuses to run against AWS itself at %s',
    async (AWS_ENDPOINT_URL) => {
      await expect(once({ AWS_ENDPOINT_URL })).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringContaining('AWS_ENDPOINT_URL names AWS itself'),
      });
    },
  );

  test('fails if the endpoint in AWS_ENDPOINT_URL does not answer', async () => {
    const AWS_ENDPOINT_URL = `http://127.0.0.1:${await freePort()}`;
    await expect(once({ AWS_ENDPOINT_URL })).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${AWS_ENDPOINT_URL}, which does not answer (ECONNREFUSED)`),
    });
  });
});
