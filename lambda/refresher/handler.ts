import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Context } from 'aws-lambda';
import { AWS_CLIENT } from '../shared/aws-client.ts';
import { systemClock } from '../shared/clock.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../shared/metric-names.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { ENVIRONMENT } from '../shared/refresher-environment.ts';
import { STORE_RESERVE_SECONDS, TOKEN_WRITE } from '../shared/time-budget.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { parseEvent } from './event.ts';
import { type RunObservations, refresh, type WarmMemory } from './refresh.ts';
import { addRunMetrics, logFailure, logResult, metricDimensions } from './telemetry.ts';

const ssm = new SSMClient(AWS_CLIENT);
/** Shares the connections of `ssm`. */
const tokenWriter = new SSMClient({
  ...AWS_CLIENT,
  maxAttempts: TOKEN_WRITE.maxAttempts,
  requestHandler: ssm.config.requestHandler,
});
const secretsManager = new SecretsManagerClient(AWS_CLIENT);
const logger = new Logger({ serviceName: METRICS_SERVICE });
const metrics = new Metrics({
  namespace: METRICS_NAMESPACE,
  serviceName: METRICS_SERVICE,
  defaultDimensions: metricDimensions(process.env[ENVIRONMENT.parameterName] || 'not-configured'),
});
const memory: WarmMemory = {};
let configuration: Configuration | undefined;

/** The Lambda function: one check for each event. It throws on failure, which Lambda counts as a failed run. */
export async function handler(event: unknown, context: Context): Promise<RefreshResult> {
  logger.addContext(context);
  const observations: RunObservations = {
    attempts: 0,
    previousCredentialsUsed: false,
    isLifetimeBounded: false,
  };
  try {
    configuration ??= readConfiguration(process.env);
    const result = await refresh(parseEvent(event), configuration, {
      ssm,
      tokenWriter,
      secretsManager,
      clock: systemClock,
      fetch: globalThis.fetch,
      random: Math.random,
      deadline: systemClock.now() + context.getRemainingTimeInMillis() - STORE_RESERVE_SECONDS * 1_000,
      memory,
      observations,
    });
    logResult({ logger, metrics }, configuration, result, observations, systemClock.now());
    return result;
  } catch (error) {
    if (!(error instanceof RefreshError)) throw unexpected(error);
    logFailure({ logger, metrics }, error, observations, systemClock.now());
    throw error;
  } finally {
    addRunMetrics(metrics, observations, systemClock.now());
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

/** Any other error is a defect. Its message may hold secrets, so only its name and stack frames are logged. */
function unexpected(error: unknown): Error {
  const name = error instanceof Error ? error.name : typeof error;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  const failure = new Error(
    `the refresher failed unexpectedly with ${name}. Please report this with the stack frames`,
  );
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n');
  logger.error(failure.message, { frames });
  return failure;
}
