import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { expectEqual } from '../check.ts';
import type { TestRun } from '../test-run.ts';
import { consume } from './read-as-consumers.ts';

/** Rotates the client secret. The next scheduled run must replace the token, this time with a JWT. */
export async function rotateSecret(run: TestRun): Promise<string> {
  const { account, names, server, app } = run;
  await server.rotateClientSecret();
  await server.issueFormat('jwt');
  const rotatedAt = Date.now();
  await account.clients.secretsManager.send(
    new PutSecretValueCommand({ SecretId: names.secret, SecretString: server.credentials() }),
  );
  await app.logged({ outcome: 'minted', reason: 'source-changed' }, rotatedAt);
  const seconds = Math.round((Date.now() - rotatedAt) / 1_000);
  expectEqual('the API with the new token', (await consume(run, 'Reading')).status, 200);
  return `a scheduled run replaced the token after ${seconds} s`;
}
