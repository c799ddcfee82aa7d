import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import { MOST_REQUESTS } from './backoff.ts';
import { type Configuration, type Environment, readConfiguration } from './configuration.ts';
import { parseEvent, type RefreshEvent } from './event.ts';
import { TOKEN_EXPIRED } from './grant.ts';
import { type HoldPlan, holdOpen, planHold } from './hold-open.ts';
import { type RefreshTools, type RunObservations, refresh } from './refresh.ts';
import { addRunMetrics, logFailure, logResult, type TelemetryTools, warnOfGap } from './telemetry.ts';

export interface RunTools extends Omit<RefreshTools, 'deadline' | 'mostRequests' | 'observations'> {
  readonly telemetry: TelemetryTools;
  /** Writes the metrics that were added. */
  readonly publish: () => void;
  /** Milliseconds until the platform stops the run. */
  readonly remaining: number;
  /** Whether the caller waits for the answer. Then the run never waits for the end of a token. */
  readonly isAwaited: boolean;
}

/** Longer than what is left of a token with an `expires_in` of 0, in milliseconds. */
const LAST_SECOND_WAIT_MS = 2_000;

/** A step of a run: its result, what it was about, and what the run does about the end of the stored token. */
interface Step {
  readonly event: RefreshEvent;
  readonly configuration: Configuration;
  readonly result: RefreshResult;
  readonly plan: HoldPlan;
}

/**
 * Runs one check. If the endpoint grants a token that it granted before, and that token ends before the next check, the run
 * waits for its end. It reports the check before the wait, because an alarm fires after minutes without a metric.
 * @throws RefreshError with any code
 */
export async function run(given: unknown, environment: Environment, tools: RunTools): Promise<RefreshResult> {
  const startedAt = tools.clock.now();
  const budget = Math.min(RUN_TIMEOUT_SECONDS * 1_000, tools.remaining);
  const deadline = startedAt + budget - STORE_RESERVE_SECONDS * 1_000;
  const observations = newObservations();
  const check = await reported(tools, observations, async () => {
    const configuration = readConfiguration(environment);
    const event = parseEvent(given);
    const checkOnce = () =>
      refresh(event, configuration, { ...tools, deadline, mostRequests: MOST_REQUESTS, observations });
    const result = await checkOnce().catch(async (error: unknown) => {
      if (!isLastSecond(error, observations, tools.clock.now())) throw error;
      await tools.clock.sleep(LAST_SECOND_WAIT_MS);
      return checkOnce();
    });
    return { event, configuration, result, plan: planHold(result.expires_at, startedAt, configuration) };
  });
  const { event, result, plan } = check;
  const { reused } = observations;
  if (reused === undefined || event.type !== 'check' || tools.isAwaited) return result;
  if (plan === 'too-long' && reused === 'stored') warnOfGap(tools.telemetry.logger, result.expires_at);
  return plan === 'hold' ? waitAndCheck(check, tools) : result;
}

/** Whether the endpoint may have granted the last second of the stored token again. */
function isLastSecond(error: unknown, { expiresAt }: RunObservations, now: number): boolean {
  if (!(error instanceof RefreshError) || error.details.reason !== TOKEN_EXPIRED) return false;
  return expiresAt !== undefined && Math.abs(expiresAt * 1_000 - now) <= LAST_SECOND_WAIT_MS;
}

async function waitAndCheck({ result: held, ...check }: Step, tools: RunTools): Promise<RefreshResult> {
  const observations = newObservations();
  const { result } = await reported(tools, observations, async () => ({
    ...check,
    result: await holdOpen(held, check.configuration, {
      ...tools,
      mostRequests: MOST_REQUESTS,
      observations,
    }),
  }));
  return result;
}

/** Reports how a step ended, to the log and the metrics. */
async function reported(
  { clock, telemetry, publish }: RunTools,
  observations: RunObservations,
  step: () => Promise<Step>,
): Promise<Step> {
  try {
    const done = await step();
    const { configuration, result } = done;
    logResult(telemetry, configuration, result, observations, clock.now());
    addRunMetrics(telemetry.metrics, observations, clock.now(), done);
    return done;
  } catch (error) {
    if (error instanceof RefreshError) logFailure(telemetry, error, observations, clock.now());
    addRunMetrics(telemetry.metrics, observations, clock.now());
    throw error;
  } finally {
    publish();
  }
}

function newObservations(): RunObservations {
  return { attempts: 0, previousCredentialsUsed: false, isLifetimeBounded: false };
}
