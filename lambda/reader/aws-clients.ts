import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import type { Load } from './load.ts';
import type { Reported } from './report-rejected.ts';
import { singleFlightByKey } from './single-flight.ts';

/** Reads the parameter with the given client, or with one that is loaded and made at the first read. */
export function loadFromParameterStore(parameterName: string, given: SSMClient | undefined): Load {
  let ssm = given;
  return async () => {
    try {
      const { createSsmClient, readParameter } = await import('./parameter-store.ts');
      ssm ??= createSsmClient();
      return await readParameter(ssm, parameterName);
    } catch (error) {
      const { name } = describeAwsFailure(error);
      const text = `the client for Parameter Store could not be set up: ${name}. Install @aws-sdk/client-ssm.`;
      return { type: 'failure', failure: { code: 'REQUEST_REJECTED', text } };
    }
  };
}

/** Reports a token by its SHA-256 with the given client, or with one that is loaded and made at the first report. */
export function reportToFunction(
  functionName: string,
  given: LambdaClient | undefined,
): (fingerprint: string) => Promise<Reported> {
  let lambda = given;
  return singleFlightByKey(async (fingerprint) => {
    try {
      const { createLambdaClient, reportRejected } = await import('./report-rejected.ts');
      lambda ??= createLambdaClient();
      return await reportRejected(lambda, functionName, fingerprint);
    } catch (error) {
      const { name } = describeAwsFailure(error);
      const text = `the client for Lambda could not be set up: ${name}. Install @aws-sdk/client-lambda.`;
      return { type: 'failed', failure: { code: 'REPORT_FAILED', text }, replacement: 'none' };
    }
  });
}
