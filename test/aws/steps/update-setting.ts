import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { expectEqual } from '../check.ts';
import { TEST_APP, type TestRun } from '../test-run.ts';

/** Deploys another `refreshBefore`. The function must run with it. */
export async function updateSetting({ app, context, names }: TestRun): Promise<string> {
  context[`${names.refresher}.refreshBefore`] = 'PT3M';
  await app.deploy({ app: TEST_APP, context });
  const environment = await app.environment(app.output('FunctionName'));
  expectEqual('refreshBefore in seconds', environment?.[ENVIRONMENT.refreshBefore], '180');
  return 'refreshBefore is PT3M';
}
