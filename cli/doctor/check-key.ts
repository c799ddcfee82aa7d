import { GetKeyPolicyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { isUsable, readKey } from '../deployed/read-key.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { REVERT_DRIFT, type ShellCommands } from '../shell-commands.ts';
import { covers } from './compare-policies.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

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
  if (!isUsable(key.KeyState)) return notUsable(id, key, commands);
  const policy = refresher.encryptionKey?.properties.KeyPolicy;
  if (policy !== undefined && !(await coversPolicy(kms, id, policy))) {
    const put = commands.restore(refresher, policy, (json) =>
      commands.aws('kms', 'put-key-policy', '--key-id', id, '--policy-name', 'default', '--policy', json),
    );
    return wrong(`the policy of ${id} no longer grants access to the principals it was deployed with`, put);
  }
  return ok(`${id} is enabled`);
}

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
function notUsable(
  id: string,
  { KeyState: state, CustomKeyStoreId: store }: KeyMetadata,
  commands: ShellCommands,
): Verdict {
  const command = (operation: string, ...options: readonly string[]) =>
    commands.aws('kms', operation, '--key-id', id, ...options);
  switch (state) {
    case 'Disabled':
      return wrong(`${id} is disabled: ${EFFECT}`, command('enable-key'));
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return wrong(
        `${id} is scheduled for deletion: ${EFFECT}`,
        command('cancel-key-deletion'),
        // Without its deletion, the key is disabled.
        command('enable-key'),
      );
    case 'PendingImport':
      return wrong(
        `${id} has lost its imported key material: ${EFFECT}. Import the same key material again, beginning with this command`,
        command(
          'get-parameters-for-import',
          ...['--wrapping-algorithm', 'RSAES_OAEP_SHA_256', '--wrapping-key-spec', 'RSA_4096'],
        ),
      );
    case 'Unavailable':
      return wrong(
        `the key store of ${id} is disconnected: ${EFFECT}`,
        store === undefined
          ? commands.aws('kms', 'describe-custom-key-stores')
          : commands.aws('kms', 'connect-custom-key-store', '--custom-key-store-id', store),
      );
    default:
      return unknown(`${id} is in state ${state ?? 'unknown'}: ${EFFECT}. Run doctor again in a few minutes`);
  }
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
