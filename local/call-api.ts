import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { StoredToken } from '../lambda/shared/stored-token.ts';

export interface ConsumerCall {
  /** HTTP status of the API's response, or undefined if the call failed before. */
  readonly status: number | undefined;
  /** The stored token, in the clear: do not print it. */
  readonly record: StoredToken | undefined;
  /** Version of the parameter. */
  readonly version: number | undefined;
}

/** Does what a consumer does: reads the stored token and calls an API with it. */
export async function callApi(ssm: SSMClient, parameterName: string, apiUrl: string): Promise<ConsumerCall> {
  try {
    const { Parameter: parameter } = await ssm.send(
      new GetParameterCommand({ Name: parameterName, WithDecryption: true }),
    );
    const record = JSON.parse(parameter?.Value ?? '') as StoredToken;
    const response = await fetch(apiUrl, {
      headers: { authorization: `${record.token_type} ${record.access_token}` },
    });
    await response.body?.cancel();
    return { status: response.status, record, version: parameter?.Version };
  } catch {
    return { status: undefined, record: undefined, version: undefined };
  }
}
