import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isUndecryptable, readStored, storedIn } from '../../lambda/refresher/store.ts';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { Stored, StoredToken } from '../../lambda/shared/stored-token.ts';
import { describeFailure } from '../cli-error.ts';
import { inGroups } from './few-at-a-time.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/** What the CLI knows about a token. */
export type KnownToken = Pick<StoredToken, 'issued_at' | 'expires_at' | 'source'>;

/** What the parameter holds, or why that is unknown. */
export type ParameterContent =
  | Exclude<Stored, { state: 'token' }>
  | { readonly state: 'token'; readonly version: number; readonly token: KnownToken }
  | { readonly state: 'undecryptable' | 'unknown'; readonly found: string };

/** The log line and the parameter's time stamp are at most this many milliseconds apart. */
const LOG_TOLERANCE_MS = 90_000;

/**
 * Reads what the parameter holds. If the user may not decrypt it, takes the times from the log of the run that wrote this
 * version. By default, only functions with a grant may decrypt it.
 */
export async function readParameter(
  { parameterName, logGroup }: Refresher,
  { ssm, logs }: { readonly ssm: SSMClient; readonly logs: CloudWatchLogsClient },
): Promise<ParameterContent> {
  try {
    return await readStored(ssm, parameterName);
  } catch (error) {
    if (!(await isUndecryptable(ssm, parameterName, error)))
      return { state: 'unknown', found: describeFailure(error) };
    const isDenied = error instanceof RefreshError && error.details.reason === 'AccessDeniedException';
    if (!isDenied) return { state: 'undecryptable', found: 'a value whose key cannot be used' };
    if (logGroup === undefined) return { state: 'unknown', found: describeFailure(error) };
  }
  try {
    const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: parameterName }));
    const { Version: version = 0, LastModifiedDate: modified = new Date(0) } = parameter ?? {};
    const token = await findWrittenToken(logs, logGroup.id, { version, at: modified.getTime() });
    if (token !== undefined) return { state: 'token', version, token };
    const found = `no permission to decrypt version ${version} of the parameter, and the log has no run that wrote it`;
    return { state: 'unknown', found };
  } catch (error) {
    return { state: 'unknown', found: describeFailure(error) };
  }
}

/** Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const MOST_NAMES = 10;

/**
 * Reads many parameters, ten with each call: consumers share the account's quota for reads. A parameter is left out if its
 * group cannot be read, for example because the user may not decrypt one of them.
 */
export async function readParameters(
  ssm: SSMClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, ParameterContent>> {
  const found = new Map<string, ParameterContent>();
  const read = async (Names: string[]): Promise<void> => {
    const answer = await ssm
      .send(new GetParametersCommand({ Names, WithDecryption: true }))
      .catch(() => undefined);
    for (const name of answer?.InvalidParameters ?? []) found.set(name, { state: 'missing' });
    for (const parameter of answer?.Parameters ?? [])
      if (parameter.Type !== undefined) found.set(parameter.Name ?? '', storedIn(parameter));
  };
  await Promise.all(inGroups([...new Set(names)], MOST_NAMES).map((group) => read([...group])));
  return found;
}

async function findWrittenToken(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  { version, at }: { readonly version: number; readonly at: number },
): Promise<KnownToken | undefined> {
  const input = { logGroupName, startTime: at - LOG_TOLERANCE_MS, endTime: at + LOG_TOLERANCE_MS };
  for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, input)) {
    for (const { message = '' } of events) {
      const token = parseWrittenToken(message, version);
      if (token !== undefined) return token;
    }
  }
  return undefined;
}

/** The token that this log line reports as stored in this version of the parameter. */
export function parseWrittenToken(line: string, version: number): KnownToken | undefined {
  const { outcome, parameter_version, issued_at, expires_at, source } = parseJsonObject(line) ?? {};
  if (outcome !== 'minted' || parameter_version !== version) return undefined;
  if (typeof issued_at !== 'number' || typeof expires_at !== 'number' || typeof source !== 'string') {
    return undefined;
  }
  return { issued_at, expires_at, source };
}
