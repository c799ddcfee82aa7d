import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { readClaim } from '../refresher/claim.ts';
import { isHeld } from '../refresher/claim-record.ts';
import { readConfiguration } from '../refresher/configuration.ts';
import { describeCredentials } from '../refresher/credentials.ts';
import { sourceFingerprint } from '../refresher/source-fingerprint.ts';
import { readStored } from '../refresher/store.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { unixSeconds } from '../shared/clock.ts';
import type { FirstTokenProperties } from '../shared/custom-resources.ts';
import { invokeRefresher, type RunOutcome } from '../shared/invoke-refresher.ts';
import type { KeepReason } from '../shared/refresh-result.ts';
import { ENVIRONMENT } from '../shared/refresher-environment.ts';
import {
  type DeploymentTime,
  retry,
  retryWithoutPermission,
  WAITS_FOR_PERMISSIONS_MS,
} from './retry-without-permission.ts';
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
  // Lambda cannot decrypt the function's environment yet.
  'KMSAccessDeniedException',
  'CREDENTIALS_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);

/**
 * Waits before each further run while another run is minting, in milliseconds. Together, they take longer than the claim of a
 * run that has died.
 */
const WAITS_FOR_ANOTHER_RUN_MS = [...WAITS_FOR_PERMISSIONS_MS, 20_000, 20_000, 20_000, 20_000];

/** Time limit of a read after a run, in milliseconds. See `RESERVE_MS`. */
const READ_MS = 8_000;

/** With these reasons, a run leaves the token to another one, which may have the former settings. */
const LEFT_TO_ANOTHER_RUN: ReadonlySet<string> = new Set<KeepReason>(['being-replaced', 'already-replaced']);

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

/** How a run ended, and whether another run kept it from trying its settings. */
interface Attempt {
  readonly run: RunOutcome;
  readonly isUntried: boolean;
}

/**
 * Runs a check. If it mints or keeps a token, the deployment succeeds. If it fails or cannot try its settings, the deployment
 * still succeeds if a valid token of this configuration is stored. An endpoint that is down for a while must not block it.
 * @throws FirstTokenError, or RefreshError if the parameter cannot be tagged
 */
export async function mintFirstToken(
  properties: FirstTokenProperties,
  tools: FirstTokenTools,
): Promise<string> {
  const { run, isUntried } = await retry(
    () => attempt(properties, tools),
    (ended) => ended.isUntried,
    WAITS_FOR_ANOTHER_RUN_MS,
    tools,
  );
  const tag = () => tagParameter(properties.Environment.Variables, tools);
  if (run.outcome !== 'failed' && !isUntried) {
    await tag();
    if (run.reason === 'missing') await waitForMetric(tools);
    return 'a token is stored';
  }
  const message = run.outcome === 'failed' ? run.message : UNTRIED;
  if (
    // Stryker disable next-line ConditionalExpression: only a failed run has a code
    run.outcome === 'failed' &&
    run.code === 'CREDENTIALS_NOT_SET' &&
    properties.SecretMayBeEmpty === 'true'
  ) {
    return 'the secret is empty; the schedule mints once it holds credentials';
  }
  if (await hasValidToken(properties, tools)) {
    await tag();
    return `the stored token is still valid; ${message}`;
  }
  throw new FirstTokenError(message);
}

const UNTRIED =
  'other runs of the refresher were minting all the time, so the settings of this deployment were not tried. ' +
  "Deploy again. If this lasts, see the log of the refresher's runs.";

async function attempt(properties: FirstTokenProperties, tools: FirstTokenTools): Promise<Attempt> {
  const run = await retryWithoutPermission(
    () => runRefresher(tools.lambda, properties.FunctionArn),
    // Stryker disable next-line ConditionalExpression: only a failed run has a code
    (ended) => ended.outcome === 'failed' && MAY_LACK_PERMISSION.has(ended.code),
    tools,
  );
  if (run.outcome !== 'failed') return { run, isUntried: LEFT_TO_ANOTHER_RUN.has(run.reason) };
  // If no token is stored, a run waits for the claim of another one, and then fails.
  return { run, isUntried: run.code === 'ENDPOINT_UNAVAILABLE' && (await isBeingMinted(properties, tools)) };
}

/** Whether another run has the claim. If it cannot be read, the refresher's own failure explains more. */
async function isBeingMinted(
  { Environment }: FirstTokenProperties,
  { ssm, clock }: FirstTokenTools,
): Promise<boolean> {
  // Stryker disable next-line StringLiteral: the stack always sets the name
  const parameterName = Environment.Variables[ENVIRONMENT.parameterName] ?? '';
  const options = { abortSignal: clock.timeout(READ_MS) };
  const claim = await readClaim(ssm, parameterName, options).catch(() => undefined);
  return claim?.record !== undefined && isHeld(claim.record, unixSeconds(clock.now()));
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
    const options = { abortSignal: clock.timeout(READ_MS) };
    const [stored, { current, previous }] = await Promise.all([
      readStored(ssm, configuration.parameterName, options),
      describeCredentials(secretsManager, configuration, options),
    ]);
    // Stryker disable next-line ConditionalExpression: without a token, the next lines would fail, which has the same effect
    if (stored.state !== 'token' || stored.token.expires_at <= unixSeconds(clock.now())) return false;
    // The endpoint may still know only the previous credentials.
    // Stryker disable next-line ConditionalExpression: no token is of an undefined version
    const accepted = previous === undefined ? [current] : [current, previous];
    return accepted.some((version) => stored.token.source === sourceFingerprint(configuration, version));
  } catch {
    // The refresher's own failure explains more than this one.
  }
  return false;
}
