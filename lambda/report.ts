import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { unixSeconds } from './clock.ts';
import type { Configuration } from './configuration.ts';
import { canBeKeptAlive } from './decide.ts';
import type { RefreshError } from './errors.ts';
import { CODE_DIMENSION, METRIC, PARAMETER_DIMENSION } from './metrics.ts';
import type { RefreshResult, RunObservations } from './refresh.ts';
import { MAX_LIFETIME_SECONDS } from './stored-token.ts';

export interface Reporters {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Logs a finished run and adds its metrics. */
export function reportResult(
  { logger, metrics }: Reporters,
  configuration: Configuration,
  result: RefreshResult,
  observations: RunObservations,
  now: number,
): void {
  const secondsLeft = result.expires_at - unixSeconds(now);
  metrics.addMetric(result.outcome === 'minted' ? METRIC.minted : METRIC.kept, MetricUnit.Count, 1);
  addObservations(metrics, observations, now);
  logger.info(result.outcome === 'minted' ? 'Token minted and stored' : 'Token kept', {
    ...result,
    seconds_left: secondsLeft,
    attempts: observations.attempts,
  });
  if (observations.previousCredentialsUsed) {
    metrics.addMetric(METRIC.previousCredentialsUsed, MetricUnit.Count, 1);
    logger.warn(
      'The client was rejected with the current credentials and accepted with the previous ones (AWSPREVIOUS). ' +
        'Finish the rotation at the authorization server, or put the right credentials into the secret.',
    );
  }
  if (observations.lifetimeBounded) {
    logger.warn(
      `The token endpoint says that the token lives for more than ${MAX_LIFETIME_SECONDS / 86_400} days, which is not believed: ` +
        'it is replaced as if it lived for that long. Ask the operator of the authorization server for short-lived tokens.',
    );
  }
  const lifetime = observations.mintedLifetime;
  if (lifetime !== undefined && !canBeKeptAlive(lifetime, configuration)) {
    metrics.addMetric(METRIC.lifetimeTooShort, MetricUnit.Count, 1);
    logger.warn(
      `The token lives ${lifetime} seconds, which is too short to check only every ${configuration.checkEvery} seconds: ` +
        'it may expire before the next check. Lower checkEvery, or ask for longer-lived tokens.',
    );
  }
}

/** Logs a failed run and adds its metrics, under the parameter alone and under the parameter and the code. */
export function reportFailure(
  { logger, metrics }: Reporters,
  error: RefreshError,
  observations: RunObservations,
  now: number,
): void {
  metrics.addMetric(METRIC.failed, MetricUnit.Count, 1);
  addObservations(metrics, observations, now);
  const byCode = metrics.singleMetric();
  byCode.addDimension(CODE_DIMENSION, error.code);
  byCode.addMetric(METRIC.failed, MetricUnit.Count, 1);
  logger.error(error.message, {
    code: error.code,
    retryable: error.retryable,
    attempts: observations.attempts,
    ...(observations.expiresAt === undefined
      ? {}
      : { seconds_left: observations.expiresAt - unixSeconds(now) }),
    ...error.details,
  });
}

/** The dimensions of every metric. */
export function metricDimensions(parameterName: string): Record<string, string> {
  return { [PARAMETER_DIMENSION]: parameterName };
}

function addObservations(metrics: Metrics, observations: RunObservations, now: number): void {
  if (observations.expiresAt !== undefined) {
    const left = Math.max(0, observations.expiresAt - unixSeconds(now));
    metrics.addMetric(METRIC.secondsUntilExpiry, MetricUnit.Seconds, left);
  }
  if (observations.attempts > 0)
    metrics.addMetric(METRIC.mintAttempts, MetricUnit.Count, observations.attempts);
  if (observations.mintDurationMs !== undefined) {
    metrics.addMetric(METRIC.mintDuration, MetricUnit.Milliseconds, observations.mintDurationMs);
  }
}
