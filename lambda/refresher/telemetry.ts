import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { expiryThreshold, leastMarginToPage } from '../shared/alarm-thresholds.ts';
import { unixSeconds } from '../shared/clock.ts';
import { CODE_DIMENSION, METRIC, PARAMETER_DIMENSION } from '../shared/metric-names.ts';
import type { RefreshError, RefreshErrorCode, UNEXPECTED } from '../shared/refresh-error.ts';
import { canBeKeptAlive, type RefreshPolicy, refreshMargin } from '../shared/refresh-margin.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { MAX_LIFETIME_SECONDS } from '../shared/stored-token.ts';
import { LONGEST_HELD_CHECK_SECONDS } from '../shared/time-budget.ts';
import type { Configuration } from './configuration.ts';
import type { HoldPlan } from './plan-hold.ts';
import type { RunObservations } from './refresh.ts';

export interface TelemetryTools {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'singleMetric'>;
}

/** Logs and counts a successful run. */
export function logResult(
  { logger, metrics }: TelemetryTools,
  policy: RefreshPolicy & Pick<Configuration, 'revokesFormerToken'>,
  result: RefreshResult,
  observations: RunObservations,
  now: number,
): void {
  metrics.addMetric(result.outcome === 'minted' ? METRIC.minted : METRIC.kept, MetricUnit.Count, 1);
  if (observations.reused === 'stored') metrics.addMetric(METRIC.sameToken, MetricUnit.Count, 1);
  logger.info(messageOf(result), {
    ...result,
    // The CLI reads these from the log when the user may not decrypt the token.
    ...observations.origin,
    ...(observations.previousCredentialsUsed ? { previous_credentials_used: true } : {}),
    ...fieldsOfMemory(observations),
    ...(observations.formerTokenRevoked ? { former_token_revoked: true } : {}),
    seconds_left: secondsLeft(result.expires_at, now),
    attempts: observations.attempts,
  });
  if (observations.previousCredentialsUsed) {
    metrics.addMetric(METRIC.previousCredentialsUsed, MetricUnit.Count, 1);
    logger.warn(
      'The token endpoint rejected the current credentials. The stored token is from the previous ones (AWSPREVIOUS). ' +
        'Finish the rotation at the authorization server, or correct the secret.',
    );
  }
  if (observations.credentialsRemembered) warnOfMemory(logger);
  if (observations.formerTokenRevoked && !policy.revokesFormerToken) warnOfRevocation(logger);
  if (observations.isLifetimeBounded) {
    const days = MAX_LIFETIME_SECONDS / 86_400;
    logger.warn(
      `The token is valid for more than ${days} days. It is replaced as if it were valid for ${days} days. ` +
        'Ask the operator of the authorization server for short-lived tokens.',
    );
  }
  if (observations.notBefore !== undefined) {
    logger.warn(
      `The token is not valid before ${new Date(observations.notBefore).toISOString()} by its nbf. ` +
        "APIs that do not share the authorization server's clock reject it until then. " +
        'Ask the operator of the authorization server to compare its clock with UTC.',
    );
  }
  const { mintedLifetime } = observations;
  const problem = mintedLifetime === undefined ? undefined : lifetimeProblem(mintedLifetime, policy);
  if (problem !== undefined) {
    metrics.addMetric(METRIC.lifetimeTooShort, MetricUnit.Count, 1);
    logger.warn(problem);
  }
}

function messageOf({ outcome, reason }: RefreshResult): string {
  if (outcome === 'minted') return 'Token minted and stored';
  return reason === 'same-token'
    ? 'Token kept: the token endpoint grants the same token until it expires'
    : 'Token kept';
}

function fieldsOfMemory({ credentialsRemembered }: RunObservations): object {
  return credentialsRemembered ? { remembered_credentials_used: true } : {};
}

function warnOfMemory(logger: Pick<TelemetryTools['logger'], 'warn'>): void {
  logger.warn(
    'Secrets Manager did not answer. The run used the credentials that an earlier run had read. ' +
      'If this lasts, check the state of Secrets Manager and the network path to it.',
  );
}

function warnOfRevocation(logger: Pick<TelemetryTools['logger'], 'warn'>): void {
  logger.warn(
    'An API rejected the former token before it expired, after the next one was stored. ' +
      'If the token endpoint revokes the former token when it grants the next one, set revokesFormerToken to true and deploy. ' +
      'Readers then look for the next token in time.',
  );
}

/** Says when the same run tries again. `at` is Unix time in milliseconds. */
export function logNextAttempt(logger: Pick<TelemetryTools['logger'], 'info'>, at: number): void {
  logger.info('This run waits and then checks again', { next_attempt: new Date(at).toISOString() });
}

/** Warns that readers will be without a token. `until` is Unix time in seconds. */
export function warnOfGap(logger: Pick<TelemetryTools['logger'], 'warn'>, until: number): void {
  logger.warn(
    `The token endpoint grants the same token until it expires at ${new Date(until * 1_000).toISOString()}, and the next check may come later. ` +
      `A run cannot wait that long. Set checkEvery to at most PT${LONGEST_HELD_CHECK_SECONDS / 60}M.`,
  );
}

/**
 * Counts a run as failed at its first failed attempt, and once for each code. Alarms therefore count checks, and need not wait
 * for the end of the run. `counted` holds the codes that this run has counted.
 */
export function countFailure(
  metrics: TelemetryTools['metrics'],
  code: RefreshErrorCode | typeof UNEXPECTED,
  counted: Set<string>,
): void {
  if (counted.size === 0) metrics.addMetric(METRIC.failed, MetricUnit.Count, 1);
  if (counted.has(code)) return;
  counted.add(code);
  const byCode = metrics.singleMetric();
  byCode.addDimension(CODE_DIMENSION, code);
  byCode.addMetric(METRIC.failed, MetricUnit.Count, 1);
}

/** Logs a failed attempt. */
export function logFailure(
  { logger }: Pick<TelemetryTools, 'logger'>,
  error: RefreshError,
  observations: RunObservations,
  now: number,
): void {
  logger.error(error.message, {
    code: error.code,
    retryable: error.retryable,
    attempts: observations.attempts,
    ...fieldsOfMemory(observations),
    ...(observations.expiresAt === undefined
      ? {}
      : { seconds_left: secondsLeft(observations.expiresAt, now) }),
    ...error.details,
  });
}

/** Adds the metrics of every run. A failed run has no result. */
export function addRunMetrics(
  metrics: TelemetryTools['metrics'],
  observations: RunObservations,
  now: number,
  successful?: {
    readonly configuration: RefreshPolicy;
    readonly result: RefreshResult;
    readonly plan: HoldPlan;
  },
): void {
  if (observations.expiresAt !== undefined && !isLeftToAnother(observations, successful?.result)) {
    const left = secondsLeft(observations.expiresAt, now);
    // The endpoint works, no run can replace the token yet, and one will in time.
    const isInOrder = observations.reused === 'stored' && successful?.plan !== 'too-long';
    const least = successful !== undefined && isInOrder ? expiryThreshold(successful.configuration) : 0;
    metrics.addMetric(METRIC.secondsUntilExpiry, MetricUnit.Seconds, Math.max(least, left));
  }
  if (observations.attempts > 0)
    metrics.addMetric(METRIC.mintAttempts, MetricUnit.Count, observations.attempts);
  if (observations.mintDurationMs !== undefined) {
    metrics.addMetric(METRIC.mintDuration, MetricUnit.Milliseconds, observations.mintDurationMs);
  }
}

/**
 * Whether the run says nothing about the next token: another run is minting, or the run was a report that changed nothing. If the
 * other run dies, the missing metric fires the alarm.
 */
function isLeftToAnother(
  { isReport, attempts }: RunObservations,
  result: RefreshResult | undefined,
): boolean {
  if (result?.outcome !== 'kept') return false;
  return result.reason === 'being-replaced' || (isReport === true && attempts === 0);
}

/** The dimensions of every metric. */
export function metricDimensions(parameterName: string): Record<string, string> {
  return { [PARAMETER_DIMENSION]: parameterName };
}

/** Why a lifetime (seconds) is too short for the policy, and the remedy. Undefined if it is long enough. */
function lifetimeProblem(lifetime: number, policy: RefreshPolicy): string | undefined {
  const { checkEvery, refreshBefore } = policy;
  if (!canBeKeptAlive(lifetime, policy)) {
    return (
      `The token is valid for ${lifetime} seconds. With a check every ${checkEvery} seconds, it may expire before the next one. ` +
      'Lower checkEvery, or ask for longer-lived tokens.'
    );
  }
  const margin = refreshMargin(lifetime, policy);
  if (margin >= leastMarginToPage(checkEvery) && margin > expiryThreshold(policy)) return undefined;
  const half = Math.floor(lifetime / 2);
  const minutes = longestCheckEvery(half);
  return (
    `The token is valid for ${lifetime} seconds and is replaced ${Math.floor(margin)} seconds before it expires. With checkEvery ` +
    `${checkEvery} and refreshBefore ${refreshBefore}, the alarms may fire without a fault, or only after it has expired. ` +
    (minutes < 1
      ? 'Ask for longer-lived tokens.'
      : `Set refreshBefore to at most PT${half}S and checkEvery to at most PT${minutes}M.`)
  );
}

/** The longest `checkEvery`, in minutes, that lets an alarm fire in time with this margin (seconds); 0 if none does. */
function longestCheckEvery(margin: number): number {
  let minutes = 0;
  while (leastMarginToPage((minutes + 1) * 60) <= margin) minutes += 1;
  return minutes;
}

function secondsLeft(expiresAt: number, now: number): number {
  return Math.max(0, expiresAt - unixSeconds(now));
}
