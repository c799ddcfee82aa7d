import { DeleteStackCommand, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { DeleteSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteParametersCommand, paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import type { CloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';
import type { Names } from './names.ts';

/** Milliseconds. An interrupted update must finish or roll back before its stack can be deleted. */
const STACK_WITHIN = 1_800_000;
const LOOK_EVERY = 1_000;

/** Removes everything that a run may have created. Returns what remains, one line each. */
export async function removeEverything(clients: CloudClients, names: Names): Promise<readonly string[]> {
  const { consumer, refresher, authorizationServer } = names.stacks;
  const remains: string[] = [];
  const remove = async (what: string, action: () => Promise<boolean>): Promise<void> => {
    const gone = await action().catch(() => false);
    if (!gone) remains.push(what);
  };
  // A consumer's stack imports from the refresher's. The refresher's removal needs no authorization server.
  for (const stack of [consumer, refresher, authorizationServer]) {
    await remove(`stack ${stack}`, () => removeStack(clients, stack));
  }
  await remove(`secret ${names.secret}`, () => removeSecret(clients, names.secret));
  await remove(`parameters under ${names.parameterPath}`, () =>
    removeParameters(clients.ssm, names.parameterPath),
  );
  return remains;
}

async function removeStack({ cloudFormation }: CloudClients, StackName: string): Promise<boolean> {
  const settled = async () => {
    const stack = await findStack({ cloudFormation }, StackName);
    return stack === undefined || !isInProgress(stack) ? { stack } : undefined;
  };
  const wait = () => waitFor(`the end of ${StackName}`, settled, { within: STACK_WITHIN, every: LOOK_EVERY });
  if ((await wait()).stack === undefined) return true;
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  return (await wait()).stack === undefined;
}

/** A stack whose first change set was never executed stays in REVIEW_IN_PROGRESS. */
function isInProgress({ StackStatus: status }: Stack): boolean {
  return status !== 'REVIEW_IN_PROGRESS' && status?.endsWith('_IN_PROGRESS') === true;
}

async function findStack(
  { cloudFormation }: Pick<CloudClients, 'cloudFormation'>,
  StackName: string,
): Promise<Stack | undefined> {
  try {
    const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return stack?.StackStatus === 'DELETE_COMPLETE' ? undefined : stack;
  } catch (error) {
    // CloudFormation has no other error for a stack that does not exist.
    if (describeAwsFailure(error).name === 'ValidationError') return undefined;
    throw error;
  }
}

async function removeSecret({ secretsManager }: CloudClients, SecretId: string): Promise<boolean> {
  const isMissing = (error: unknown) => {
    if (describeAwsFailure(error).name === 'ResourceNotFoundException') return true;
    throw error;
  };
  await secretsManager
    .send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
    .catch(isMissing);
  // AWS removes the secret in the background, and until then it has a date of deletion.
  return secretsManager
    .send(new DescribeSecretCommand({ SecretId }))
    .then(({ DeletedDate }) => DeletedDate !== undefined, isMissing);
}

async function removeParameters(ssm: SSMClient, path: string): Promise<boolean> {
  for (const Name of await namesUnder(ssm, path)) {
    await ssm.send(new DeleteParametersCommand({ Names: [Name] }));
  }
  return (await namesUnder(ssm, path)).length === 0;
}

async function namesUnder(ssm: SSMClient, Path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath(
    { client: ssm },
    { Path, Recursive: true },
  )) {
    names.push(...Parameters.flatMap(({ Name }) => (Name === undefined ? [] : [Name])));
  }
  return names;
}
