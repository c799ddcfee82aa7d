import {
  DescribeParametersCommand,
  GetParameterCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../../../lambda/shared/aws-failure.ts';
import type { TestRun } from '../test-run.ts';

const KB = 1_024;

/** Asks Parameter Store with parameters of the run's own, which the cleanup removes. */
export async function probeParameterStore({ account, names, findings }: TestRun): Promise<string> {
  const { ssm } = account.clients;
  const scratch = (name: string) => `${names.parameterPath}/scratch-${name}`;

  const tiers = scratch('tiers');
  await tryWrite(ssm, { Name: tiers, Value: '1', Type: 'String', Tier: 'Advanced' });
  const standard = await tryWrite(ssm, { Name: tiers, Value: '2', Type: 'String', Tier: 'Standard' });
  findings.record('standardOverAdvanced', standard, standard !== 'accepted');

  const large = scratch('large');
  const tiering = { Name: large, Type: 'String', Tier: 'Intelligent-Tiering' } as const;
  const five = await tryWrite(ssm, { ...tiering, Value: 'x'.repeat(5 * KB) });
  const tier = five === 'accepted' ? await readTier(ssm, large) : 'none';
  const nine = await tryWrite(ssm, { ...tiering, Value: 'x'.repeat(9 * KB) });
  const sizesHold = tier === 'Advanced' && nine !== 'accepted';
  findings.record('sizes', `5 KB: ${five}, tier ${tier}; 9 KB: ${nine}`, sizesHold);

  const secure = { Name: scratch('type'), Value: '2', Type: 'SecureString' } as const;
  const unknown = await tryWrite(ssm, {
    ...secure,
    Name: scratch('key'),
    KeyId: `alias/none-${names.suffix}`,
  });
  findings.record('unknownKey', unknown, unknown === 'InvalidKeyId');

  await tryWrite(ssm, { Name: secure.Name, Value: '1', Type: 'String' });
  const changed = await tryWrite(ssm, secure);
  findings.record('typeChange', changed, changed === 'accepted');
  const untyped = await tryWrite(ssm, { Name: secure.Name, Value: '3' });
  const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: secure.Name }));
  findings.record('overwriteWithoutType', `${untyped}; the type is then ${parameter?.Type}`, true);
  return 'tiers, sizes, keys and types';
}

/** `accepted`, or the name of the error. */
async function tryWrite(ssm: SSMClient, input: PutParameterCommandInput): Promise<string> {
  try {
    await ssm.send(new PutParameterCommand({ Overwrite: true, ...input }));
    return 'accepted';
  } catch (error) {
    return describeAwsFailure(error).name;
  }
}

export async function readTier(ssm: SSMClient, name: string): Promise<string> {
  const { Parameters: [parameter] = [] } = await ssm.send(
    new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Values: [name] }] }),
  );
  return parameter?.Tier ?? 'unknown';
}
