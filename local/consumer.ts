import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { StoredToken } from '../lambda/shared/stored-token.ts';

export interface ConsumerCall {
  /** HTTP status of the API's answer; undefined where the call could not be made. */
  readonly status: number | undefined;
  /** The record that was read; its token is for the caller's eyes only. */
  readonly record: StoredToken | undefined;
  readonly version: number | undefined;
}

/** What any function of a user does: reads the parameter and calls an API with the token. */
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
