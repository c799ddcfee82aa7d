import { GetKeyPolicyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { readKey } from '../deployed/read-key.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { type Commands, REVERT_DRIFT } from '../remedy-commands.ts';
import { covers } from './compare-policies.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether the parameter's key can be used, and by those whom the template lets use it. */
export async function checkKey(
  refresher: Refresher,
  { parameterKeyId }: Configuration,
  kms: KMSClient,
  commands: Commands,
): Promise<Verdict> {
  const key = await readKey(kms, parameterKeyId);
  if (key === undefined) return keyGone(refresher, parameterKeyId, commands);
  const id = key.Arn ?? parameterKeyId;
  const command = (operation: string) => commands.aws('kms', operation, '--key-id', id);
  switch (key.KeyState) {
    case 'Enabled':
      break;
    case 'PendingDeletion':
      return wrong(
        `${id} is about to be deleted: nobody can read or write the token`,
        command('cancel-key-deletion'),
        command('enable-key'),
      );
    case 'Disabled':
      return wrong(`${id} is disabled: nobody can read or write the token`, command('enable-key'));
    default:
      return wrong(
        `${id} cannot be used: it is ${key.KeyState ?? 'in no known state'}`,
        command('enable-key'),
      );
  }
  const policy = refresher.encryptionKey?.properties.KeyPolicy;
  if (policy !== undefined && !(await coversPolicy(kms, id, policy))) {
    const put = commands.restore(refresher, policy, (json) =>
      commands.aws('kms', 'put-key-policy', '--key-id', id, '--policy-name', 'default', '--policy', json),
    );
    return wrong(`the policy of ${id} no longer lets those use it whom it was deployed for`, put);
  }
  return ok(`${id} is enabled`);
}

async function coversPolicy(kms: KMSClient, keyId: string, policy: unknown): Promise<boolean> {
  const { Policy: live } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default' }));
  return covers(live, policy);
}

function keyGone(refresher: Refresher, keyId: string, commands: Commands): Verdict {
  const says = `key ${keyId} does not exist`;
  if (refresher.encryptionKey !== undefined) {
    return wrong(says, commands.deploy(refresher, ...REVERT_DRIFT));
  }
  return wrong(`${says}. Set encryptionKey to one that does, and deploy`, commands.deploy(refresher));
}
