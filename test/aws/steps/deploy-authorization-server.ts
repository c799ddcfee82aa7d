import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cdk, createCdk } from '../../../local/deploy-local/cdk.ts';
import { waitFor } from '../../../local/deploy-local/wait-for.ts';
import { startLocalFunctionUrl } from '../authorization-server/local-function-url.ts';
import { PATHS } from '../authorization-server/state.ts';
import type { TestRun } from '../test-run.ts';

const APP = fileURLToPath(new URL('../authorization-server/app.ts', import.meta.url));

/** Deploys the authorization server with its own CDK app, so that its URL is known when the refresher is deployed. */
export async function deployAuthorizationServer(run: TestRun): Promise<string> {
  const { account, names, server, signal, closing, context: appContext } = run;
  await server.start();
  const stack = names.stacks.authorizationServer;
  const project = await mkdtemp(join(tmpdir(), 'token-refresher-aws-'));
  closing.defer(() => rm(project, { recursive: true, force: true }));
  const context = { stack, stateParameter: names.serverState };
  await writeFile(
    join(project, 'cdk.json'),
    JSON.stringify({ app: `"${process.execPath}" "${APP}"`, context }),
  );
  const cdk: Cdk = await createCdk(account.cdk, project);
  closing.defer(() => cdk.close());
  const { outputs } = await cdk.deploy({ signal });
  const { Url: url = '', FunctionName: functionName = '' } = outputs[stack] ?? {};
  run.serverUrl = account.isEmulator ? await startLocalUrl(run, functionName) : url.replace(/\/$/, '');
  appContext.apiUrl = `${run.serverUrl}${PATHS.api}`;
  appContext[`${names.refresher}.tokenUrl`] = `${run.serverUrl}${PATHS.token}`;
  await recordRuntime(run);
  return run.serverUrl;
}

async function startLocalUrl({ account, closing }: TestRun, functionName: string): Promise<string> {
  const local = await startLocalFunctionUrl(account.clients.lambda, functionName);
  closing.defer(() => local.stop());
  return local.url;
}

/** The first call also waits until the new URL is public. */
async function recordRuntime({ serverUrl, findings, signal }: TestRun): Promise<void> {
  const look = async () => {
    const response = await fetch(`${serverUrl}${PATHS.runtime}`, { signal }).catch(() => undefined);
    return response?.ok ? ((await response.json()) as { node: string; remaining: number }) : undefined;
  };
  const { node, remaining } = await waitFor('the function URL', look, { within: 60_000, signal });
  findings.record('nodeVersion', node, node.startsWith('v24.'));
  findings.record('remainingTime', `${(remaining / 1_000).toFixed(1)} s`, remaining <= 20_000);
}
