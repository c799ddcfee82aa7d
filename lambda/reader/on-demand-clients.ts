import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import type { Load } from './load-parameter.ts';
import type { Report } from './report-rejected.ts';
import { singleFlightByKey } from './single-flight.ts';

/** Loads the parameter with the given client, or with one that is imported and created for the first load. */
export function loadWith(given: SSMClient | undefined, parameterName: string): Load {
  let ssm = given;
  return async () => {
    try {
      const { createSsmClient, loadParameter } = await import('./load-parameter.ts');
      ssm ??= createSsmClient();
      return await loadParameter(ssm, parameterName);
    } catch (error) {
      const { name } = describeAwsFailure(error);
      const text = `the client for Parameter Store could not be created: ${name}. Install @aws-sdk/client-ssm.`;
      return { type: 'failure', failure: { code: 'REQUEST_REJECTED', text } };
    }
  };
}

/** Reports a rejected token with the given client, or with one that is imported and created for the first report. */
export function reportWith(given: LambdaClient | undefined, functionName: string): Report {
  let lambda = given;
  return singleFlightByKey(async (token) => {
    try {
      const { createLambdaClient, reportRejected } = await import('./report-rejected.ts');
      lambda ??= createLambdaClient();
      return await reportRejected(lambda, functionName, token);
    } catch (error) {
      const { name } = describeAwsFailure(error);
      const text = `the client for Lambda could not be created: ${name}. Install @aws-sdk/client-lambda.`;
      return { type: 'failed', failure: { code: 'REPORT_FAILED', text }, replacement: 'none' };
    }
  });
}
