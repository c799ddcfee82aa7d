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
import { type Configuration, readConfiguration } from './configuration.ts';
import { parseEvent } from './event.ts';
import { type RunObservations, refresh, type WarmMemory } from './refresh.ts';
import { metricDimensions, reportFailure, reportObservations, reportResult } from './telemetry.ts';

/**
 * Kept free at the end of a run, so that a minted token can always be stored, in milliseconds: three attempts of
 * the SDK with its time limits below, and their backoff.
 */
const STORE_RESERVE_MS = 15_000;

const ssm = new SSMClient(AWS_CLIENT);
const secretsManager = new SecretsManagerClient(AWS_CLIENT);
const logger = new Logger({ serviceName: METRICS_SERVICE });
const metrics = new Metrics({
  namespace: METRICS_NAMESPACE,
  serviceName: METRICS_SERVICE,
  defaultDimensions: metricDimensions(process.env[ENVIRONMENT.parameterName] || 'not-configured'),
});
const memory: WarmMemory = {};
let configuration: Configuration | undefined;

/** The Lambda function: one check for each event. Fails with a `RefreshError`, so that a failed run shows as one. */
export async function handler(event: unknown, context: Context): Promise<RefreshResult> {
  logger.addContext(context);
  const observations: RunObservations = {
    attempts: 0,
    previousCredentialsUsed: false,
    lifetimeBounded: false,
  };
  try {
    configuration ??= readConfiguration(process.env);
    const result = await refresh(parseEvent(event), configuration, {
      ssm,
      secretsManager,
      clock: systemClock,
      fetch: globalThis.fetch,
      random: Math.random,
      deadline: systemClock.now() + context.getRemainingTimeInMillis() - STORE_RESERVE_MS,
      memory,
      observations,
    });
    reportResult({ logger, metrics }, configuration, result, observations, systemClock.now());
    return result;
  } catch (error) {
    if (!(error instanceof RefreshError)) throw internal(error);
    reportFailure({ logger, metrics }, error, observations, systemClock.now());
    throw error;
  } finally {
    reportObservations(metrics, observations, systemClock.now());
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }
}

/** What no step foresaw is a defect. Its text may hold anything, so only its name and place in the code are told. */
function internal(error: unknown): Error {
  const name = error instanceof Error ? error.name : typeof error;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  const failure = new Error(
    `the refresher failed unexpectedly with ${name}; please report this with the lines below`,
  );
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n');
  logger.error(failure.message, { frames });
  return failure;
}
