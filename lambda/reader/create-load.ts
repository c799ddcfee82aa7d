import { describeAwsFailure } from '../shared/aws-failure.ts';
import { directEndpoint, mayFindRegion } from '../shared/direct-endpoint.ts';
import type { DirectSender } from '../shared/direct-sender.ts';
import { readWith } from './call-client.ts';
import { failed, type Load, type Loaded, loadParameter } from './load-parameter.ts';
import { readDirectly } from './read-parameter.ts';
import { createSsm, ssmOf } from './sdk-clients.ts';
import type { CommandClient, ParameterStoreApi } from './token-reader.ts';

/**
 * Loads the parameter with the given client. Without one, the reader sends the request itself, or creates a client of the
 * SDK if the environment needs it.
 */
export function createLoad(
  given: ParameterStoreApi | CommandClient | undefined,
  parameterName: string,
  send: DirectSender,
): Load {
  if (given !== undefined) {
    return () =>
      ssmOf(given).then(
        (ssm) => loadParameter(readWith(ssm), parameterName),
        (error) => withoutSdk(error, 'Install it, or pass `new SSM()` as the option `ssm`.'),
      );
  }
  let created: ReturnType<typeof createSsm> | undefined;
  return async () => {
    // Each load looks again: the environment may be complete only after the first.
    const endpoint = directEndpoint('ssm', process.env);
    if (endpoint !== undefined) return loadParameter(readDirectly(send, endpoint), parameterName);
    // Stryker disable next-line ConditionalExpression: the SDK would find no region either
    if (!process.env.AWS_REGION && !mayFindRegion(process.env)) return withoutRegion();
    created ??= createSsm();
    try {
      const { ssm, region } = await created;
      if (region !== undefined) return await loadParameter(readWith(ssm), parameterName);
      // The next load makes a new client, because this one never looks for the region again.
      created = undefined;
      return withoutRegion();
    } catch (error) {
      created = undefined;
      return withoutSdk(
        error,
        'Install it. Without it, the reader needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and no AWS_PROFILE or configuration file of the AWS CLI.',
      );
    }
  };
}

function withoutRegion(): Loaded {
  return failed('CONFIGURATION_INVALID', 'the AWS region is missing. Set AWS_REGION.');
}

function withoutSdk(error: unknown, remedy: string): Loaded {
  const fact = `@aws-sdk/client-ssm could not be loaded: ${describeAwsFailure(error).name}.`;
  return failed('CONFIGURATION_INVALID', `${fact} ${remedy}`);
}
