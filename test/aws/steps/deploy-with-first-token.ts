import { GetFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { claimParameterName } from '../../../lambda/shared/refresher-environment.ts';
import { expectThat } from '../check.ts';
import { TEST_APP, type TestRun } from '../test-run.ts';
import { readTier } from './probe-parameter-store.ts';

/** Deploys the refresher with an existing secret, so that the deployment mints, and the consumers after it. */
export async function deployWithFirstToken(run: TestRun): Promise<string> {
  const { account, names, server, app, context } = run;
  await account.clients.secretsManager.send(
    new CreateSecretCommand({ Name: names.secret, SecretString: server.credentials() }),
  );
  await app.deploy({ app: TEST_APP, context });
  const version = await app.storedVersion();
  expectThat('the deployment stored no token', version > 0);
  await recordEventAge(run);
  const claimTier = await readTier(account.clients.ssm, claimParameterName(names.tokenParameter));
  run.findings.record('claimTier', claimTier, claimTier === 'Standard');
  return `${names.tokenParameter}, version ${version}`;
}

async function recordEventAge({ account, app, findings }: TestRun): Promise<void> {
  const { MaximumEventAgeInSeconds: age, MaximumRetryAttempts: retries } = await account.clients.lambda.send(
    new GetFunctionEventInvokeConfigCommand({
      FunctionName: app.output('FunctionName'),
      Qualifier: '$LATEST',
    }),
  );
  const seen = `${age === undefined ? 'no limit' : `${age} s`}, ${retries ?? 'default'} retries`;
  findings.record('eventAge', seen, age !== undefined && age <= 60);
}
