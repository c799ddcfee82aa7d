import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { describeAwsFailure } from '../../lambda/aws-failure.ts';
import type { Configuration } from '../../lambda/configuration.ts';
import { type Commands, REVERT_DRIFT } from '../commands.ts';
import type { Refresher } from '../deployed/refreshers.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether the parameter's key can be used. */
export async function checkKey(
  refresher: Refresher,
  { parameterKeyId }: Configuration,
  kms: KMSClient,
  commands: Commands,
): Promise<Verdict> {
  const command = (operation: string, id: string) => commands.aws('kms', operation, '--key-id', id);
  try {
    const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: parameterKeyId }));
    const id = key?.Arn ?? parameterKeyId;
    const enable = command('enable-key', id);
    switch (key?.KeyState) {
      case 'Enabled':
        return ok(`${id} is enabled`);
      case 'Disabled':
        return wrong(`key ${id} is disabled: nobody can read or write the token`, enable);
      case 'PendingDeletion':
        return wrong(
          `key ${id} is about to be deleted: nobody can read or write the token`,
          command('cancel-key-deletion', id),
          enable,
        );
      default:
        return wrong(`key ${id} cannot be used: it is ${key?.KeyState ?? 'in no known state'}`, enable);
    }
  } catch (error) {
    if (describeAwsFailure(error).name !== 'NotFoundException') throw error;
    const says = `key ${parameterKeyId} does not exist`;
    if (refresher.encryptionKey !== undefined)
      return wrong(says, commands.deploy(refresher, ...REVERT_DRIFT));
    return wrong(
      `${says}. Set encryptionKey to one that does before the deployment`,
      commands.deploy(refresher),
    );
  }
}
