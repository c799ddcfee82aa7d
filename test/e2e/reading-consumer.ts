import { SSMClient } from '@aws-sdk/client-ssm';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { callApi } from '../../local/call-api.ts';

/** The result of one call to the API. */
export interface ConsumerResult {
  /** HTTP status of the API's response. Absent if there was no token. */
  readonly status?: number;
  /** Version of the parameter that was read. */
  readonly version?: number;
  /** SHA-256 of the token, as in the report of a rejected token. */
  readonly fingerprint?: string;
}

const ssm = new SSMClient({});
const { TOKEN_PARAMETER_NAME: parameterName = '', API_URL: apiUrl = '' } = process.env;

/** A consumer that reads the parameter itself, on each invocation. */
export async function handler(): Promise<ConsumerResult> {
  const { status, version, record } = await callApi(ssm, parameterName, apiUrl);
  if (status === undefined || version === undefined || record === undefined) return {};
  return { status, version, fingerprint: sha256(record.access_token) };
}
