import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { systemClock } from '../shared/clock.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../shared/metric-names.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { ENVIRONMENT } from '../shared/refresher-environment.ts';
import { keepWithoutSdk } from './keep-without-sdk.ts';
import type { WarmMemory } from './refresh.ts';
import type { runWithSdk, ToolsWithoutSdk } from './run-with-sdk.ts';
import { metricDimensions } from './telemetry.ts';

const logger = new Logger({ serviceName: METRICS_SERVICE });
const metrics = new Metrics({
  namespace: METRICS_NAMESPACE,
  serviceName: METRICS_SERVICE,
  defaultDimensions: metricDimensions(process.env[ENVIRONMENT.parameterName] || 'not-configured'),
});
const memory: WarmMemory = {};
/** Set by the first run that needs the SDK. It is part of the bundle, but takes time to load. */
let loaded: { readonly runWithSdk: typeof runWithSdk } | undefined;

/** The Lambda function: one check for each event. It throws on failure, which Lambda counts as a failed run. */
export async function handler(event: unknown, context: Context): Promise<RefreshResult> {
  logger.addContext(context);
  // Once: what the step without the SDK takes is part of the run's time.
  const tools = toolsOf(context);
  try {
    const kept = loaded === undefined ? await keepWithoutSdk(event, process.env, tools) : undefined;
    if (kept !== undefined) return kept;
    loaded ??= await import('./run-with-sdk.ts');
    return await loaded.runWithSdk(event, process.env, tools);
  } catch (error) {
    throw error instanceof RefreshError ? error : unexpected(error);
  }
}

function toolsOf(context: Context): ToolsWithoutSdk {
  return {
    clock: systemClock,
    fetch: globalThis.fetch,
    random: Math.random,
    memory,
    telemetry: { logger, metrics },
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
    // Not Lambda's request id: it may deliver an event twice with the same one.
    runId: randomUUID(),
    startedAt: systemClock.now(),
    remaining: context.getRemainingTimeInMillis(),
    // Only callers that wait for the answer can send a client context. The schedule cannot.
    isAwaited: Boolean(context.clientContext),
  };
}

/** Any other error is a bug. Its message may hold secrets, so only its name and stack frames are logged. */
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
