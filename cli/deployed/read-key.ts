import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { unlessGone } from './unless-gone.ts';

/** Reads the live state of the parameter's key, or returns undefined if it was deleted. */
export async function readKey(kms: KMSClient, keyId: string): Promise<KeyMetadata | undefined> {
  return (await unlessGone(kms.send(new DescribeKeyCommand({ KeyId: keyId }))))?.KeyMetadata;
}
