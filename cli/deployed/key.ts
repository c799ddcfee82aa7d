import { DescribeKeyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms';
import { describeAwsFailure } from '../../lambda/aws-failure.ts';

/** The parameter's key as it is now, or undefined where it is gone. */
export async function readKey(kms: KMSClient, keyId: string): Promise<KeyMetadata | undefined> {
  try {
    return (await kms.send(new DescribeKeyCommand({ KeyId: keyId }))).KeyMetadata;
  } catch (error) {
    if (describeAwsFailure(error).name === 'NotFoundException') return undefined;
    throw error;
  }
}
