import { GetRolePolicyCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { CloudClients } from './cloud-clients.ts';
import { listResources } from './stack-resources.ts';
import { waitFor } from './wait-for.ts';

/**
 * In MiniStack, the `Ref` of a secret returns its name. In AWS, it returns the ARN. This function replaces the name with
 * the ARN in the stack's policies, which would otherwise allow nothing. It repeats this until `deployment` is done,
 * because the deployment itself already uses the policies. `every` is in milliseconds.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
 */
export async function correctSecretReferences<Result>(
  clients: CloudClients,
  stack: string,
  deployment: Promise<Result>,
  every = 250,
): Promise<Result> {
  const ended = new AbortController();
  const result = deployment.finally(() => ended.abort());
  const untilEnded = { within: Number.POSITIVE_INFINITY, every, signal: ended.signal };
  const correct = async () => correctOnce(clients, stack).catch(() => undefined);
  await Promise.allSettled([result, waitFor('the end of the deployment', correct, untilEnded)]);
  await result;
  await correctOnce(clients, stack);
  return result;
}

async function correctOnce(clients: CloudClients, stack: string): Promise<undefined> {
  const resources = await listResources(clients, stack);
  const idsOf = (type: string) =>
    resources.filter((resource) => resource.type === type).map(({ physicalId }) => physicalId);
  for (const secretId of idsOf('AWS::SecretsManager::Secret')) {
    if (secretId.startsWith('arn:')) continue;
    const { ARN: arn = '' } = await clients.secretsManager.send(
      new DescribeSecretCommand({ SecretId: secretId }),
    );
    for (const RoleName of idsOf('AWS::IAM::Role')) await replaceInPolicies(clients, RoleName, secretId, arn);
  }
}

async function replaceInPolicies(
  { iam }: CloudClients,
  RoleName: string,
  name: string,
  arn: string,
): Promise<void> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    const found = decodeURIComponent(PolicyDocument);
    const corrected = found.replaceAll(JSON.stringify(name), JSON.stringify(arn));
    if (corrected === found) continue;
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: corrected }));
  }
}
