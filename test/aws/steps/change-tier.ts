import { expectEqual } from '../check.ts';
import { TEST_APP, type TestRun } from '../test-run.ts';
import { readTier } from './probe-parameter-store.ts';
import { consume } from './read-as-consumers.ts';

/** Changes the token parameter to the advanced tier and shares it, as for another account. */
export async function changeTier(run: TestRun): Promise<string> {
  const { account, app, context, findings, names } = run;
  const { ssm } = account.clients;
  const before = await readTier(ssm, names.tokenParameter);
  const version = await app.storedVersion();
  context.tier = account.isEmulator ? 'unshared' : 'shared';
  await app.deploy({ app: TEST_APP, context });
  const after = await readTier(ssm, names.tokenParameter);
  const minted = (await app.storedVersion()) > version;
  const holds = before !== 'Advanced' && after === 'Advanced' && minted;
  findings.record('tierChange', `${before}, then ${after}; ${context.tier}`, holds);
  expectEqual('the deployment minted', minted, true);
  expectEqual('the API with the token', (await consume(run, 'Reading')).status, 200);
  return `${before}, then ${after}`;
}
