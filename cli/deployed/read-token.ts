import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { isUndecryptable, readStored } from '../../lambda/refresher/store.ts';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { Stored, StoredToken } from '../../lambda/shared/stored-token.ts';
import { describeFailure } from '../unable.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/** What is told of a token. */
export interface KnownToken extends Pick<StoredToken, 'issued_at' | 'expires_at' | 'source'> {
  /** Whether the log says that the client was accepted with the secret's former version alone. The record does not say so. */
  readonly usedPreviousCredentials: boolean;
}

/** What the parameter holds, or why that could not be found out. */
export type ReadToken =
  | Exclude<Stored, { state: 'token' }>
  | { readonly state: 'token'; readonly version: number; readonly token: KnownToken }
  | { readonly state: 'undecryptable' | 'unknown'; readonly found: string };

/** A run may write the parameter up to this many milliseconds before it logs that it did, or the other way round. */
const AROUND_MS = 90_000;

/**
 * Reads what the parameter holds. Who may not decrypt it, as nobody may by default but the functions that are granted to, is
 * told by the log of the run that wrote the parameter's version.
 */
export async function readToken(
  { parameterName, logGroup }: Refresher,
  { ssm, logs }: { readonly ssm: SSMClient; readonly logs: CloudWatchLogsClient },
): Promise<ReadToken> {
  try {
    const stored = await readStored(ssm, parameterName);
    if (stored.state !== 'token') return stored;
    const { version, token } = stored;
    const written =
      logGroup &&
      (await findWrittenToken(logs, logGroup.id, { version, at: token.issued_at * 1_000 }).catch(
        () => undefined,
      ));
    return {
      ...stored,
      token: { ...token, usedPreviousCredentials: written?.usedPreviousCredentials ?? false },
    };
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
    const found = `version ${version} of the parameter may not be decrypted, and the log has no run that wrote it`;
    return { state: 'unknown', found };
  } catch (error) {
    return { state: 'unknown', found: describeFailure(error) };
  }
}

async function findWrittenToken(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  { version, at }: { readonly version: number; readonly at: number },
): Promise<KnownToken | undefined> {
  const input = { logGroupName, startTime: at - AROUND_MS, endTime: at + AROUND_MS };
  for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, input)) {
    for (const { message = '' } of events) {
      const token = parseWrittenToken(message, version);
      if (token !== undefined) return token;
    }
  }
  return undefined;
}

/** The token that a line of the log says was written as this version of the parameter. */
export function parseWrittenToken(line: string, version: number): KnownToken | undefined {
  const { outcome, parameter_version, issued_at, expires_at, source, previous_credentials_used } =
    parseJsonObject(line) ?? {};
  if (outcome !== 'minted' || parameter_version !== version) return undefined;
  if (typeof issued_at !== 'number' || typeof expires_at !== 'number' || typeof source !== 'string') {
    return undefined;
  }
  return { issued_at, expires_at, source, usedPreviousCredentials: previous_credentials_used === true };
}
