import { describeAwsFailure } from '../shared/aws-failure.ts';
import { directEndpoint } from '../shared/direct-endpoint.ts';
import type { DirectSender } from '../shared/direct-sender.ts';
import { invokeWith } from './call-client.ts';
import { type InvokeFunction, invokeDirectly } from './invoke-directly.ts';
import { type Report, reportRejected } from './report-rejected.ts';
import { createLambda, lambdaOf } from './sdk-clients.ts';
import type { Seams } from './seams.ts';
import { singleFlightByKey } from './single-flight.ts';
import type { CommandClient, LambdaApi } from './token-reader.ts';

/**
 * Reports rejected tokens with the given client. Without one, sends the request itself, or with a client of the SDK if the
 * environment needs one.
 */
export function createReport(
  given: LambdaApi | CommandClient | undefined,
  functionName: string,
  send: DirectSender,
  seams: Seams,
): Report {
  let lambda: LambdaApi | undefined;
  const findWay = async (): Promise<InvokeFunction> => {
    if (given !== undefined) return invokeWith(await lambdaOf(given));
    const endpoint = directEndpoint('lambda', process.env);
    if (endpoint !== undefined) return invokeDirectly(send, endpoint, seams);
    lambda ??= await createLambda();
    return invokeWith(lambda);
  };
  return singleFlightByKey(async (token) => {
    try {
      return await reportRejected(await findWay(), functionName, token);
    } catch (error) {
      const { name } = describeAwsFailure(error);
      const remedy =
        given === undefined ? 'Install it.' : 'Install it, or pass `new Lambda()` as the option `lambda`.';
      const text = `@aws-sdk/client-lambda could not be loaded: ${name}. ${remedy}`;
      return { type: 'failed', failure: { code: 'CONFIGURATION_INVALID', text }, replacement: 'none' };
    }
  });
}
