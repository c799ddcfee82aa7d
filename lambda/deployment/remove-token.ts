import { DeleteParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isUndecryptable, readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { Stored } from '../shared/stored-token.ts';
import { type DeploymentTime, retryWithoutPermission } from './retry-without-permission.ts';

/** How an attempt ended: what happened to the parameter, or the failure. */
interface Attempt {
  readonly result: string | RefreshError;
  readonly isDenied: boolean;
}

/**
 * Deletes the parameter. The refresher created it, so CloudFormation does not know it. Leaves the value unchanged unless it
 * is known to be a record of the refresher.
 *
 * If a stack is rolled back soon after its creation, the permissions for this may not apply yet.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function removeToken(
  parameterName: string,
  { ssm, ...time }: DeploymentTime & { readonly ssm: SSMClient },
): Promise<string> {
  const { result } = await retryWithoutPermission(
    () => tryToRemove(ssm, parameterName),
    ({ isDenied }) => isDenied,
    time,
  );
  if (result instanceof RefreshError) throw result;
  return result;
}

async function tryToRemove(ssm: SSMClient, parameterName: string): Promise<Attempt> {
  let stored: Stored;
  try {
    stored = await readStored(ssm, parameterName);
  } catch (error) {
    if (!(error instanceof RefreshError)) throw error;
    if (!(await isUndecryptable(ssm, parameterName, error))) return failed(error);
    return { ...failed(error), result: 'parameter left unchanged, because it could not be decrypted' };
  }
  // Stryker disable next-line ConditionalExpression,StringLiteral: to delete it would have the same result
  if (stored.state === 'missing') return done('the parameter does not exist');
  if (stored.state === 'foreign') return done(`parameter left unchanged, because it holds ${stored.found}`);
  try {
    await ssm.send(new DeleteParameterCommand({ Name: parameterName }));
    return done('parameter deleted');
  } catch (error) {
    const { name, text } = describeAwsFailure(error);
    if (name === 'ParameterNotFound') return done('the parameter does not exist');
    return failed(
      new RefreshError(
        'STORE_UNAVAILABLE',
        `parameter ${parameterName} could not be deleted: ${text}. ` +
          `Run: aws ssm delete-parameter --name '${parameterName}', and destroy the stack again.`,
        { reason: name },
      ),
    );
  }
}

function done(result: string): Attempt {
  return { result, isDenied: false };
}

function failed(error: RefreshError): Attempt {
  return { result: error, isDenied: error.details.reason === 'AccessDeniedException' };
}
