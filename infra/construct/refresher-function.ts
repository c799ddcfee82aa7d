import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { functionTimeout } from '../../lambda/shared/time-budget.ts';
import { type BundledFunction, createBundledFunction, type FunctionPlacement } from './bundled-function.ts';
import { secretId } from './credentials-secret.ts';
import { grantKeyForParameter, type TokenParameter } from './encryption-key.ts';
import { grantReadSecret } from './secret-access.ts';
import { REFRESH_ACTIONS } from './token-key.ts';
import { policyOf, type TokenRefresherProps } from './token-refresher-props.ts';
import { withoutUndefined } from './without-undefined.ts';

/** Lambda's bounds for the age of an event, in seconds. Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html */
const EVENT_AGE = { least: 60, most: 6 * 3_600 };

/** Creates the function that checks and mints. */
export function createRefresherFunction(
  scope: Construct,
  environment: Record<string, string>,
  props: TokenRefresherProps,
  deadLetterQueue: IQueue,
  placement: FunctionPlacement,
): BundledFunction {
  const { role, logRetention } = props;
  const { checkEvery } = policyOf(props);
  return createBundledFunction(scope, 'Function', {
    description: 'Keeps an OAuth 2.0 access token fresh in an SSM parameter',
    role,
    roleDescription: 'Refreshes one access token',
    timeout: Duration.seconds(functionTimeout(checkEvery)),
    environment,
    placement,
    logRetention,
    withoutReservedConcurrency:
      'A limit would reject reports of rejected tokens. If many arrive at once, a claim lets only one run mint, and the others end within moments. Reserved concurrency also reduces what other functions can use, and new accounts have none to spare.',
    withoutDeadLetterQueue:
      'The on-failure destination sends failed runs to the dead-letter queue. Unlike a dead-letter configuration, it includes the error.',
    // The next check tries again; a retry by Lambda would only delay the record of the failure.
    retryAttempts: 0,
    maxEventAge: eventAge(checkEvery),
    onFailure: destination(deadLetterQueue),
  });
}

/** The environment variables of the function, from the properties of the construct. */
export function refresherEnvironment(
  props: TokenRefresherProps,
  credentials: ISecret,
  encryptionKey: IKey,
): Record<string, string> {
  const { checkEvery, refreshBefore } = policyOf(props);
  const { credentialFields, scope, extraParameters, clientAuthentication = 'client_secret_post' } = props;
  return {
    [ENVIRONMENT.tokenUrl]: props.tokenUrl,
    [ENVIRONMENT.credentialsSecretId]: secretId(credentials),
    [ENVIRONMENT.parameterName]: props.parameterName,
    [ENVIRONMENT.parameterKeyId]: encryptionKey.keyArn,
    ...withoutUndefined({
      [ENVIRONMENT.credentialFields]: credentialFields && JSON.stringify(credentialFields),
      [ENVIRONMENT.scope]: scope,
      [ENVIRONMENT.extraParameters]: extraParameters && JSON.stringify(extraParameters),
      [ENVIRONMENT.defaultLifetime]: props.defaultLifetime && String(props.defaultLifetime.toSeconds()),
      [ENVIRONMENT.revokesFormerToken]: props.revokesFormerToken ? 'true' : undefined,
    }),
    [ENVIRONMENT.clientAuthentication]: clientAuthentication,
    [ENVIRONMENT.checkEvery]: String(checkEvery),
    [ENVIRONMENT.refreshBefore]: String(refreshBefore),
  };
}

/**
 * Allows the function to record failed runs, to read and write its two parameters, to encrypt the token, and to read the
 * credentials.
 */
export function grantRefresh(
  grantee: IGrantable,
  deadLetterQueue: IQueue,
  parameter: TokenParameter,
  claim: IParameter,
  credentials: ISecret,
): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['sqs:SendMessage'],
    resourceArns: [deadLetterQueue.queueArn],
  });
  Grant.addToPrincipal({
    grantee,
    actions: ['ssm:GetParameter', 'ssm:PutParameter'],
    resourceArns: [parameter.parameterArn, claim.parameterArn],
  });
  grantKeyForParameter(parameter, grantee, REFRESH_ACTIONS);
  grantReadSecret(credentials, grantee);
}

/**
 * How long Lambda keeps an event that it cannot run yet. By default, it retries throttled events for six hours, whatever
 * `retryAttempts` is. After `checkEvery` (seconds), the next check does the same work.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
function eventAge(checkEvery: number): Duration {
  return Duration.seconds(Math.min(Math.max(checkEvery, EVENT_AGE.least), EVENT_AGE.most));
}

/** `SqsDestination` would also allow the function to look up the queue. `grantRefresh` allows it to send. */
function destination(queue: IQueue): IDestination {
  return { bind: () => ({ destination: queue.queueArn }) };
}
