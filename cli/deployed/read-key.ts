import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { unlessGone } from './unless-gone.ts';

/** Reads the live state of the parameter's key, or returns undefined if it was deleted. */
export async function readKey(kms: KMSClient, keyId: string): Promise<KeyMetadata | undefined> {
  return (await unlessGone(kms.send(new DescribeKeyCommand({ KeyId: keyId }))))?.KeyMetadata;
}

/**
 * Whether a key in this state encrypts and decrypts. `Updating` is the state of a multi-Region key while its primary Region
 * changes. Source: https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-update.html
 */
export function isUsable(state: string | undefined): boolean {
  return state === 'Enabled' || state === 'Updating';
}
