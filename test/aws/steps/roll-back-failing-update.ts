import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { PATHS } from '../authorization-server/state.ts';
import { expectEqual, expectThat } from '../check.ts';
import { TEST_APP, type TestRun } from '../test-run.ts';
import { consume } from './read-as-consumers.ts';

/** Deploys a wrong token URL. The deployment must fail, and the former settings and token must stay. */
export async function rollBackFailingUpdate(run: TestRun): Promise<string> {
  const { account, app, context, names, serverUrl } = run;
  const wrong = { ...context, [`${names.refresher}.tokenUrl`]: `${serverUrl}/nothing-here` };
  const failure = await app.deploy({ app: TEST_APP, context: wrong }).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  run.signal.throwIfAborted();
  expectThat('the deployment of a wrong token URL succeeded', failure !== undefined);
  expectThat(
    `the deployment did not name REQUEST_REJECTED: ${failure}`,
    failure?.includes('REQUEST_REJECTED') === true,
  );
  const { Stacks: [stack] = [] } = await account.clients.cloudFormation.send(
    new DescribeStacksCommand({ StackName: names.stacks.refresher }),
  );
  expectEqual('status of the stack', stack?.StackStatus as string, 'UPDATE_ROLLBACK_COMPLETE');
  const environment = await app.environment(app.output('FunctionName'));
  expectEqual('the token URL', environment?.[ENVIRONMENT.tokenUrl], `${serverUrl}${PATHS.token}`);
  expectEqual('the API with the stored token', (await consume(run, 'Reading')).status, 200);
  return 'REQUEST_REJECTED, and the former settings are back';
}
