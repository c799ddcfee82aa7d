import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { readConfiguration } from '../refresher/configuration.ts';
import { describeCredentials } from '../refresher/credentials.ts';
import { sourceFingerprint } from '../refresher/source-fingerprint.ts';
import { readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { type Clock, unixSeconds } from '../shared/clock.ts';
import type { FirstTokenProperties } from '../shared/custom-resources.ts';
import { invokeRefresher } from '../shared/invoke-refresher.ts';
import { retryWithoutPermission } from './retry-without-permission.ts';

/** A run that lacks a permission fails with one of these. */
const MAY_LACK_PERMISSION: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'CREDENTIALS_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);

/** The refresher's failure, or why it could not be invoked. The message appears in the stack's events. */
export class FirstTokenError extends Error {
  override readonly name = 'FirstTokenError';
}

export interface FirstTokenTools {
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  readonly clock: Clock;
}

/**
 * Runs a check. If it mints or keeps a token, the deployment succeeds. If it fails while a valid token of this configuration
 * is stored, the deployment still succeeds: an endpoint that is down for a while must not block it.
 * @throws FirstTokenError
 */
export async function mintFirstToken(
  properties: FirstTokenProperties,
  tools: FirstTokenTools,
): Promise<string> {
  const failure = await retryWithoutPermission(
    () => runRefresher(tools.lambda, properties.FunctionArn),
    (failed) => failed !== undefined && MAY_LACK_PERMISSION.has(failed.code),
    tools.clock,
  );
  if (failure === undefined) return 'a token is stored';
  if (failure.code === 'CREDENTIALS_NOT_SET' && properties.SecretMayBeEmpty === 'true') {
    return 'the secret is empty; the schedule mints once it holds credentials';
  }
  if (await hasValidToken(properties, tools)) return `the stored token is still valid; ${failure.message}`;
  throw new FirstTokenError(failure.message);
}

/** The failure of a run, or undefined if it succeeded. */
async function runRefresher(
  lambda: LambdaClient,
  functionArn: string,
): Promise<{ readonly code: string; readonly message: string } | undefined> {
  try {
    const run = await invokeRefresher(lambda, functionArn, {});
    return run.outcome === 'failed' ? run : undefined;
  } catch (error) {
    const { name, text } = describeAwsFailure(error);
    return { code: name, message: `the refresher function could not be invoked: ${text}` };
  }
}

async function hasValidToken(
  { Environment }: FirstTokenProperties,
  { ssm, secretsManager, clock }: FirstTokenTools,
): Promise<boolean> {
  try {
    const configuration = readConfiguration(Environment.Variables);
    const stored = await readStored(ssm, configuration.parameterName);
    if (stored.state !== 'token' || stored.token.expires_at <= unixSeconds(clock.now())) return false;
    const versions = await describeCredentials(secretsManager, configuration.credentialsSecretId);
    return stored.token.source === sourceFingerprint(configuration, versions.current);
  } catch {
    // The refresher's own failure explains more than this one.
    return false;
  }
}
