import { GetServiceSettingCommand } from '@aws-sdk/client-ssm';
import type { TestRun } from '../test-run.ts';

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-default-tier.html */
const DEFAULT_TIER = '/ssm/parameter-store/default-parameter-tier';

export async function describeAccount({ account, findings }: TestRun): Promise<string> {
  const { ServiceSetting: setting } = await account.clients.ssm.send(
    new GetServiceSettingCommand({ SettingId: DEFAULT_TIER }),
  );
  const tier = setting?.SettingValue ?? 'not set';
  findings.record('defaultTier', tier, true);
  return `${account.description}, default tier ${tier}`;
}
