import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startFunction } from '../../../local/function-container.ts';
import { startGuardedApi } from '../../../local/guarded-api.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { confidential, recordWritten } from '../../support/confidential.ts';
import { startEgressProxy } from '../../support/egress-proxy.ts';
import { credentials, FUNCTION_NAME, newClientSecret, startRefresher } from '../../support/refresher.ts';
import { startTlsFront } from '../../support/tls-front.ts';
import { grant } from '../../support/token-endpoint.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const API = 'api.example.com';
const SSM = 'ssm.us-east-1.amazonaws.com';
const LAMBDA = 'lambda.us-east-1.amazonaws.com';

/** A consumer that calls the API. */
const CONSUMER = `
import { createTokenReader } from '../lambda/reader/token-reader.ts';
const reader = createTokenReader();
export const handler = async () => (await reader.fetch('https://${API}/trips')).status;`;

async function consumerModule(): Promise<string> {
  // Inside the repository, so the consumer finds the reader and the installed packages.
  const file = join(root, '.local', `consumer-${randomUUID()}.ts`);
  await mkdir(join(root, '.local'), { recursive: true });
  await writeFile(file, CONSUMER);
  onTestFinished(() => rm(file));
  return file;
}

test.for<[string, Record<string, string>]>([
  ['without the SDK', { AWS_CONFIG_FILE: '/missing' }],
  // A configuration file of the AWS CLI makes the reader use the SDK.
  ['with the SDK', { AWS_CONFIG_FILE: '/dev/null' }],
])('behind a proxy, a consumer %s reads, reports, and calls the API through it', async ([, way]) => {
  const token = confidential(`token-${randomUUID()}`);
  const [refresher, authority] = await Promise.all([startRefresher(), createCertificateAuthority()]);
  await refresher.putSecret(credentials(newClientSecret()));
  refresher.endpoint.answer(grant(token));
  expect((await refresher.invoke()).ok).toBe(true);
  let isRevoked = false;
  const api = await startGuardedApi(async (sent) => sent === token && !isRevoked);
  const { cloud } = refresher;
  const front = await startTlsFront({ [API]: api.url, [SSM]: cloud.url, [LAMBDA]: cloud.url }, authority);
  const proxy = await startEgressProxy(front.port);
  const authorityFile = join(tmpdir(), `ca-${randomUUID()}.pem`);
  await writeFile(authorityFile, authority.cert);
  const consumer = await startFunction(await consumerModule(), {
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authorityFile,
    TOKEN_PARAMETER_NAME: refresher.parameterName,
    TOKEN_REFRESHER_FUNCTION_NAME: FUNCTION_NAME,
    ...way,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  onTestFinished(async () => {
    recordWritten([...consumer.output, ...proxy.log].join('\n'));
    await Promise.all([consumer.close(), refresher.close(), api.stop(), front.close(), proxy.close()]);
  });

  expect(await consumer.invoke({})).toEqual({ ok: true, result: 200 });
  expect(new Set(proxy.tunnels)).toEqual(new Set([`${SSM}:443`, `${API}:443`]));

  isRevoked = true;
  expect(await consumer.invoke({})).toEqual({ ok: true, result: 401 });
  expect(proxy.tunnels).toContain(`${LAMBDA}:443`);
});
