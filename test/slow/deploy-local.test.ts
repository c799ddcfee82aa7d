import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from '../../local/deploy-local/ministack.ts';

const deploy = fileURLToPath(new URL('../../local/deploy-local/deploy.ts', import.meta.url));
const run = (environment: Record<string, string>) =>
  promisify(execFile)(process.execPath, [deploy], { env: environment });

test('npm run deploy:local lists three options if nothing can run a cloud', async () => {
  await expect(run({ PATH: '/nowhere' })).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/Python 3\.10.*Docker.*AWS_ENDPOINT_URL/s),
  });
});

test('npm run deploy:local ignores an empty AWS_ENDPOINT_URL and refuses AWS itself', async () => {
  await expect(run({ PATH: '/nowhere', AWS_ENDPOINT_URL: '' })).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/Python 3\.10.*Docker/s),
  });
  const AWS_ENDPOINT_URL = 'https://sts.us-east-1.amazonaws.com';
  await expect(run({ PATH: '/nowhere', AWS_ENDPOINT_URL })).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('names AWS itself'),
  });
});

test('npm run deploy:local fails if the cloud in AWS_ENDPOINT_URL does not answer', async () => {
  const { PATH = '' } = process.env;
  const AWS_ENDPOINT_URL = `http://127.0.0.1:${await freePort()}`;
  await expect(run({ PATH, AWS_ENDPOINT_URL })).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`${AWS_ENDPOINT_URL}, which does not answer`),
  });
});
