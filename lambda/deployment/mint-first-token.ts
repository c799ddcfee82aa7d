import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { readConfiguration } from '../refresher/configuration.ts';
import { describeCredentials } from '../refresher/credentials.ts';
import { sourceFingerprint } from '../refresher/source-fingerprint.ts';
import { readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { unixSeconds } from '../shared/clock.ts';
import type { FirstTokenProperties } from '../shared/custom-resources.ts';
import { invokeRefresher, type RunOutcome } from '../shared/invoke-refresher.ts';
import { type DeploymentTime, retryWithoutPermission } from './retry-without-permission.ts';
import { tagParameter } from './tag-parameter.ts';

/**
 * Wait after the first token of a parameter, in milliseconds. The alarms are created next and need its metric: without data,
 * TokenExpiring fires. A new metric takes up to two minutes.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html
 */
export const FIRST_METRIC_MS = 120_000;

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

export interface FirstTokenTools extends DeploymentTime {
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  /** Wait after the first token, in milliseconds: `FIRST_METRIC_MS` in AWS. */
  readonly firstMetricMs: number;
}

/**
 * Runs a check. If it mints or keeps a token, the deployment succeeds. If it fails while a valid token of this configuration
 * is stored, the deployment still succeeds: an endpoint that is down for a while must not block it.
 * @throws FirstTokenError, or RefreshError if the parameter cannot be tagged
 */
export async function mintFirstToken(
  properties: FirstTokenProperties,
  tools: FirstTokenTools,
): Promise<string> {
  const run = await retryWithoutPermission(
    () => runRefresher(tools.lambda, properties.FunctionArn),
    isInconclusive,
    tools,
  );
  const tag = () => tagParameter(properties.Environment.Variables, tools);
  if (run.outcome !== 'failed') {
    await tag();
    if (run.reason === 'missing') await waitForMetric(tools);
    return 'a token is stored';
  }
  if (run.code === 'CREDENTIALS_NOT_SET' && properties.SecretMayBeEmpty === 'true') {
    return 'the secret is empty; the schedule mints once it holds credentials';
  }
  if (await hasValidToken(properties, tools)) {
    await tag();
    return `the stored token is still valid; ${run.message}`;
  }
  throw new FirstTokenError(run.message);
}

/** Whether a permission may not apply yet, or another run is minting, perhaps with the former settings. */
function isInconclusive(run: RunOutcome): boolean {
  return run.outcome === 'failed' ? MAY_LACK_PERMISSION.has(run.code) : run.reason === 'being-replaced';
}

/** Waits less if little time is left: an alarm that fires once is better than a deployment without an answer. */
async function waitForMetric({ clock, endsAt, firstMetricMs }: FirstTokenTools): Promise<void> {
  await clock.sleep(Math.max(0, Math.min(firstMetricMs, endsAt - clock.now())));
}

/** The outcome of a run. A function that cannot be invoked counts as a failed run. */
async function runRefresher(lambda: LambdaClient, functionArn: string): Promise<RunOutcome> {
  try {
    return await invokeRefresher(lambda, functionArn, {});
  } catch (error) {
    const { name, text } = describeAwsFailure(error);
    return { outcome: 'failed', code: name, message: `the refresher function could not be invoked: ${text}` };
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
    const { current, previous } = await describeCredentials(secretsManager, configuration);
    // The endpoint may still know only the previous credentials.
    const accepted = previous === undefined ? [current] : [current, previous];
    return accepted.some((version) => stored.token.source === sourceFingerprint(configuration, version));
    // Stryker disable next-line BlockStatement: undefined has the same effect as false
  } catch {
    // The refresher's own failure explains more than this one.
    return false;
  }
}
