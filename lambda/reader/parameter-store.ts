import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { abortable } from './abortable.ts';
import { type Loaded, missing, tokenIn } from './load.ts';

/**
 * A client with the region and the credentials of the environment. A call inside the region takes milliseconds; what
 * takes longer, such as one on a connection that died while the container was frozen, is worth another attempt.
 */
export function createSsmClient(): SSMClient {
  return new SSMClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true },
  });
}

/**
 * Milliseconds for one read: three attempts of the client above. A client of the caller's own may have no time limit,
 * and one read that never ends would hold up all that follow.
 */
const READ_TIMEOUT_MS = 15_000;

/** One `GetParameter`. */
export async function readParameter(ssm: SSMClient, parameterName: string): Promise<Loaded> {
  const abortSignal = AbortSignal.timeout(READ_TIMEOUT_MS);
  try {
    const command = new GetParameterCommand({ Name: parameterName, WithDecryption: true });
    // The client heeds the signal while it sends, not while it looks for credentials.
    const { Parameter } = await abortable(ssm.send(command, { abortSignal }), abortSignal);
    return tokenIn(Parameter, parameterName);
  } catch (error) {
    return failedRead(error, parameterName);
  }
}

function failedRead(error: unknown, parameterName: string): Loaded {
  const { name, text } = describeAwsFailure(error);
  if (name === 'ParameterNotFound') return missing(parameterName);
  const cause = Object.assign(new Error(text), { name });
  const failed = `parameter ${parameterName} could not be read: ${text}.`;
  if (/AccessDenied|^CredentialsProviderError$/.test(name)) {
    return {
      type: 'failure',
      failure: {
        code: 'ACCESS_DENIED',
        text: `${failed} Allow it with refresher.grantRead(fn), which covers the parameter and its key, and where another app deploys the refresher, by naming the role in its readers.`,
        cause,
      },
    };
  }
  const status = statusOf(error);
  const throttled = status === 429 || /Throttl|TooManyRequests/.test(name);
  if (!throttled && status !== undefined && status >= 400 && status < 500) {
    const remedy = 'Check parameterName, the region and the credentials.';
    return { type: 'failure', failure: { code: 'REQUEST_REJECTED', text: `${failed} ${remedy}`, cause } };
  }
  const remedy = throttled
    ? 'Try again later. If this lasts, find out what else reads from Parameter Store, or raise its throughput.'
    : 'Try again later. If this lasts, check the network path to Systems Manager: a VPC needs an endpoint for ssm.';
  return {
    type: 'failure',
    failure: { code: 'STORE_UNAVAILABLE', text: `${failed} ${remedy}`, cause },
    passing: throttled ? 'throttled' : 'failing',
  };
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
