import { SSMClient } from '@aws-sdk/client-ssm';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { callApi } from '../../local/call-api.ts';

/** What the consumer tells of a call. */
export interface ConsumerResult {
  /** HTTP status of the API's answer; absent where there was no token to call it with. */
  readonly status?: number;
  /** Version of the parameter that was read. */
  readonly version?: number;
  /** SHA-256 of the token, as it is reported when the API refuses it. */
  readonly fingerprint?: string;
}

const ssm = new SSMClient({});
const { TOKEN_PARAMETER_NAME: parameterName = '', API_URL: apiUrl = '' } = process.env;

/** A user's function that reads the parameter itself, every time. */
export async function handler(): Promise<ConsumerResult> {
  const { status, version, record } = await callApi(ssm, parameterName, apiUrl);
  if (status === undefined || version === undefined || record === undefined) return {};
  return { status, version, fingerprint: sha256(record.access_token) };
}
