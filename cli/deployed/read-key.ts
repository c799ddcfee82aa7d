import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { ifThere } from './if-there.ts';

/** The parameter's key as it is now, or undefined where it is gone. */
export async function readKey(kms: KMSClient, keyId: string): Promise<KeyMetadata | undefined> {
  return (await ifThere(kms.send(new DescribeKeyCommand({ KeyId: keyId }))))?.KeyMetadata;
}
