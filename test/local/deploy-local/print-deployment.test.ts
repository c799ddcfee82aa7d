import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import cdkJson from '../../../cdk.json' with { type: 'json' };
import { readSettings } from '../../../infra/settings.ts';
import { type LocalCloud, ownCloud } from '../../../local/deploy-local/local-cloud.ts';
import { localEntry } from '../../../local/deploy-local/local-entry.ts';
import type { MiniStack } from '../../../local/deploy-local/ministack.ts';
import { nextSteps } from '../../../local/deploy-local/print-deployment.ts';

const server = {
  tokenUrl: 'http://127.0.0.1:8080/v2/auth/oauth2-token',
  clientId: 'local-client',
  clientSecret: 'local-secret',
};
const cloud = { external: false, environment: { AWS_REGION: 'us-east-1' } } as unknown as LocalCloud;

function shownFor(settings: object, external = false): string {
  const entry = { tokenUrl: 'https://auth.example.com/token', parameterName: '/a/token', ...settings };
  const [name, read] = [...readSettings({ refreshers: { a: entry } })][0] as never as [string, never];
  const deployed = [{ ...localEntry(name, read, server), parameterName: '/a/token' }];
  return nextSteps({ cloud: { ...cloud, external } }, deployed);
}

test.for([
  'export AWS_REGION=us-east-1',
  'npm run token-refresher -- status a',
  'npm run token-refresher -- doctor a',
  'npm run token-refresher -- set-credentials a',
  '{"client_id":"local-client","client_secret":"local-secret"}',
  'npx cdk deploy TokenRefresher-a -c a.tokenUrl=http://127.0.0.1:8080/v2/auth/oauth2-token -c a.checkEvery=PT1M -c a.refreshBefore=PT2M',
])('deploy:local prints as a next step: %s', (step) => {
  expect(shownFor({})).toContain(step);
});

test('the printed deployment overrides what the local cloud does not have', () => {
  const layers = ['arn:aws:lambda:us-east-1:123456789012:layer:ca:1'];
  const shown = shownFor({
    credentials: 'a/credentials',
    layers,
    environment: { HTTPS_PROXY: 'http://p:1' },
  });
  expect(shown).toContain("-c a.layers='' -c a.environment='{}' -c a.credentials=token-refresher/a");
});

test('the accepted credentials have the names of credentialFields', () => {
  const credentialFields = { client_id: 'consumerKey', client_secret: 'consumerSecret' };
  expect(shownFor({ credentialFields })).toContain(
    '{"consumerKey":"local-client","consumerSecret":"local-secret"}',
  );
});

test('docs/local-deployment.md shows these next steps', async () => {
  const { environment } = ownCloud({ url: 'http://127.0.0.1:4566', region: 'us-east-1' } as MiniStack, '');
  const [[name, settings] = ['', {} as never]] = [...readSettings(cdkJson.context)];
  const { parameterName } = settings;
  const deployed = [{ ...localEntry(name, settings, server), parameterName }];
  const document = await readFile(new URL('../../../docs/local-deployment.md', import.meta.url), 'utf8');
  expect(document).toContain(nextSteps({ cloud: { ...cloud, environment } }, deployed));
});

test('only a cloud that keeps running keeps the stack', () => {
  const remains = 'Remove it with: npx cdk destroy TokenRefresher-a';
  expect(shownFor({}, true)).toContain(remains);
  expect(shownFor({}, false)).not.toContain(remains);
});
