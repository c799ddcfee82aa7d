import { SSMClient } from '@aws-sdk/client-ssm';
import { READER_ENVIRONMENT } from '../../lambda/reader-environment.ts';
import { sha256 } from '../../lambda/stored-token.ts';
import { callApi } from '../../local/consumer.ts';

/** What the consumer tells of a call. */
export interface ConsumerResult {
  /** HTTP status of the API's answer. */
  readonly status: number | undefined;
  /** Version of the parameter that was read. */
  readonly version: number | undefined;
  /** SHA-256 of the token, as it is reported when the API refuses it. */
  readonly fingerprint: string | undefined;
}

/** Name of the consumer's own environment variable. */
export const API_URL = 'API_URL';

const ssm = new SSMClient({});
const { [READER_ENVIRONMENT.parameterName]: parameterName = '', [API_URL]: apiUrl = '' } = process.env;

/** A user's function: reads the token and calls an API with it. */
export async function handler(): Promise<ConsumerResult> {
  const { status, version, record } = await callApi(ssm, parameterName, apiUrl);
  return { status, version, fingerprint: record === undefined ? undefined : sha256(record.access_token) };
}
