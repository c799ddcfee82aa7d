import { DeleteParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isUndecryptable, readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { Stored } from '../shared/stored-token.ts';

/**
 * Removes the parameter, which the refresher created and CloudFormation does not know. What is not, or cannot be
 * shown to be, a record of the refresher's is left.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function removeToken(ssm: SSMClient, parameterName: string): Promise<string> {
  let stored: Stored;
  try {
    stored = await readStored(ssm, parameterName);
  } catch (error) {
    if (!isUndecryptable(error)) throw error;
    return 'parameter left as it is: it could not be decrypted';
  }
  if (stored.state === 'missing') return 'there is no parameter to remove';
  if (stored.state === 'foreign') return `parameter left as it is: it holds ${stored.found}`;
  try {
    await ssm.send(new DeleteParameterCommand({ Name: parameterName }));
  } catch (error) {
    const { name, text } = describeAwsFailure(error);
    if (name === 'ParameterNotFound') return 'there is no parameter to remove';
    throw new RefreshError(
      'STORE_UNAVAILABLE',
      `parameter ${parameterName} could not be deleted: ${text}. Delete it with: aws ssm delete-parameter --name '${parameterName}', and destroy the stack again.`,
      { reason: name },
    );
  }
  return 'parameter removed';
}
