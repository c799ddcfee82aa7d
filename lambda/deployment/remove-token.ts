import { DeleteParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isUndecryptable, readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { Stored } from '../shared/stored-token.ts';

/**
 * Deletes the parameter. The refresher created it, so CloudFormation does not know it. Leaves the value unchanged unless it
 * is known to be a record of the refresher.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function removeToken(ssm: SSMClient, parameterName: string): Promise<string> {
  let stored: Stored;
  try {
    stored = await readStored(ssm, parameterName);
  } catch (error) {
    if (!(await isUndecryptable(ssm, parameterName, error))) throw error;
    return 'parameter left unchanged, because it could not be decrypted';
  }
  if (stored.state === 'missing') return 'the parameter does not exist';
  if (stored.state === 'foreign') return `parameter left unchanged, because it holds ${stored.found}`;
  try {
    await ssm.send(new DeleteParameterCommand({ Name: parameterName }));
  } catch (error) {
    const { name, text } = describeAwsFailure(error);
    if (name === 'ParameterNotFound') return 'the parameter does not exist';
    throw new RefreshError(
      'STORE_UNAVAILABLE',
      `parameter ${parameterName} could not be deleted: ${text}. ` +
        `Run: aws ssm delete-parameter --name '${parameterName}', and destroy the stack again.`,
      { reason: name },
    );
  }
  return 'parameter deleted';
}
