import { GetKeyPolicyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { readKey } from '../deployed/read-key.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { REVERT_DRIFT, type ShellCommands } from '../shell-commands.ts';
import { covers } from './compare-policies.ts';
import { ok, type Verdict, wrong } from './finding.ts';

const EFFECT = 'the token cannot be read or stored';

/** Checks that the parameter's key is enabled and that its policy has the deployed statements. */
export async function checkKey(
  refresher: Refresher,
  { parameterKeyId }: Configuration,
  kms: KMSClient,
  commands: ShellCommands,
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
        `${id} is scheduled for deletion: ${EFFECT}`,
        command('cancel-key-deletion'),
        command('enable-key'),
      );
    case 'Disabled':
      return wrong(`${id} is disabled: ${EFFECT}`, command('enable-key'));
    default:
      return wrong(`${id} is in state ${key.KeyState ?? 'unknown'}: ${EFFECT}`, command('enable-key'));
  }
  const policy = refresher.encryptionKey?.properties.KeyPolicy;
  if (policy !== undefined && !(await coversPolicy(kms, id, policy))) {
    const put = commands.restore(refresher, policy, (json) =>
      commands.aws('kms', 'put-key-policy', '--key-id', id, '--policy-name', 'default', '--policy', json),
    );
    return wrong(`the policy of ${id} no longer grants access to the principals it was deployed with`, put);
  }
  return ok(`${id} is enabled`);
}

async function coversPolicy(kms: KMSClient, keyId: string, policy: unknown): Promise<boolean> {
  const { Policy: live } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default' }));
  return covers(live, policy);
}

function keyGone(refresher: Refresher, keyId: string, commands: ShellCommands): Verdict {
  const says = `key ${keyId} does not exist`;
  if (refresher.encryptionKey !== undefined) {
    return wrong(says, commands.deploy(refresher, ...REVERT_DRIFT));
  }
  return wrong(`${says}. Set encryptionKey to an existing key and deploy`, commands.deploy(refresher));
}
