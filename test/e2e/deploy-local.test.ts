import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { answers } from '../../local/deployment/ministack.ts';
import { waitFor } from '../../local/deployment/wait.ts';

const deploy = fileURLToPath(new URL('../../local/deploy.ts', import.meta.url));
const CLOUD_URL = /MiniStack \S+ at (http:\S+),/;

test.for<[NodeJS.Signals, string]>([
  ['SIGINT', 'has everything end'],
  ['SIGTERM', 'has everything end'],
  ['SIGKILL', 'has the cloud end all the same'],
])('%s in the middle of npm run deploy:local %s', async ([signal]) => {
  const { AWS_ENDPOINT_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [deploy], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await waitFor('the bootstrap', async () => /cdk bootstrap/.exec(output) ?? undefined, {
    within: 90_000,
    every: 100,
  });
  const url = CLOUD_URL.exec(output)?.[1] ?? '';
  expect(await answers(`${url}/_ministack/health`)).toBe(true);

  child.kill(signal);

  const [code] = await exited;
  expect(code).toBe(signal === 'SIGKILL' ? null : 1);
  const gone = async () => ((await answers(`${url}/_ministack/health`)) ? undefined : true);
  await waitFor('the end of the cloud', gone, { within: 10_000, every: 100 });
});
