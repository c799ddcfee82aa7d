import { listResources } from '../../../local/deploy-local/stack-resources.ts';
import { waitFor } from '../../../local/deploy-local/wait-for.ts';
import { findLeftovers } from '../../e2e/leftovers.ts';
import { expectEqual, expectThat } from '../check.ts';
import { TEST_APP, type TestRun } from '../test-run.ts';

/** Milliseconds. A deleted resource may be visible for some seconds. */
const GONE_WITHIN = 120_000;

/** Destroys the refresher and its consumers. Nothing may remain but the key, which is pending deletion. */
export async function destroy(run: TestRun): Promise<string> {
  const { account, app, context, names, signal, server, written } = run;
  const { refresher, consumer } = names.stacks;
  const { clients } = account;
  const stacks = [await listResources(clients, refresher), await listResources(clients, consumer)];
  // Only AWS RAM itself lists a share, for hours after it was deleted.
  const resources = stacks.flat().filter(({ type }) => type !== 'AWS::RAM::ResourceShare');
  await app.destroy({ app: TEST_APP, context });
  const look = async () => {
    const leftovers = await findLeftovers(clients, resources);
    return leftovers.length === 0 ? leftovers : undefined;
  };
  await waitFor('the end of every resource', look, { within: GONE_WITHIN, every: 5_000, signal });
  expectEqual("the parameter's version", await app.storedVersion(), 0);
  const leaks = server.clientSecrets.filter((secret) => written.some((text) => text.includes(secret)));
  expectThat('a function returned or logged a client secret', leaks.length === 0);
  return `${resources.length} resources are gone, no secret was logged`;
}
