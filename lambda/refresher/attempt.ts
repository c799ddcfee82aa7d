import { RefreshError, UNEXPECTED } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import type { Configuration } from './configuration.ts';
import type { RefreshEvent } from './event.ts';
import { TOKEN_EXPIRED } from './grant.ts';
import { type HoldPlan, planHold } from './hold-open.ts';
import { type RefreshTools, type RunObservations, refresh } from './refresh.ts';
import { addRunMetrics, countFailure, logFailure, logResult, type TelemetryTools } from './telemetry.ts';

export interface RunTools extends Omit<RefreshTools, 'deadline' | 'observations' | 'mostRequests'> {
  readonly telemetry: TelemetryTools;
  /** Writes the metrics that were added. */
  readonly publish: () => void;
  /** Milliseconds from the start of the run until the platform stops it. */
  readonly remaining: number;
  /** Whether the caller waits for the answer. Then the run never waits for the token to become due, or to end. */
  readonly isAwaited: boolean;
}

/** The run that an attempt belongs to. */
export interface RunContext {
  readonly configuration: Configuration;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  /** The codes of failures that the run has counted. */
  readonly counted: Set<string>;
  readonly tools: RunTools;
}

/** A successful attempt, and what its run does about the end of the token. */
export interface Attempt {
  readonly result: RefreshResult;
  readonly observations: RunObservations;
  readonly plan: HoldPlan;
}

/** Longer than what is left of a token with an `expires_in` of 0, in milliseconds. */
const LAST_SECOND_WAIT_MS = 2_000;

/**
 * Makes one attempt, and reports how it ended. The caller may read `observations` after a failure too.
 * @throws RefreshError as `refresh` does
 */
export async function attempt(
  event: RefreshEvent,
  { mostRequests, observations }: Pick<RefreshTools, 'mostRequests' | 'observations'>,
  context: RunContext,
): Promise<Attempt> {
  const { configuration, startedAt, tools } = context;
  const { clock } = tools;
  const now = clock.now();
  const left = startedAt + tools.remaining - now;
  const budget = Math.min(RUN_TIMEOUT_SECONDS * 1_000, left);
  const deadline = now + budget - STORE_RESERVE_SECONDS * 1_000;
  const checkOnce = () => refresh(event, configuration, { ...tools, deadline, mostRequests, observations });
  return reported(context, observations, () =>
    checkOnce().catch(async (error: unknown) => {
      if (!isLastSecond(error, observations, clock.now())) throw error;
      await clock.sleep(LAST_SECOND_WAIT_MS);
      return checkOnce();
    }),
  );
}

/** Whether the endpoint may have granted the last second of the stored token again. */
function isLastSecond(error: unknown, { expiresAt }: RunObservations, now: number): boolean {
  if (!(error instanceof RefreshError) || error.details.reason !== TOKEN_EXPIRED) return false;
  return expiresAt !== undefined && Math.abs(expiresAt * 1_000 - now) <= LAST_SECOND_WAIT_MS;
}

/** Reports how a step ended, to the log and the metrics. */
export async function reported(
  { configuration, startedAt, counted, tools }: RunContext,
  observations: RunObservations,
  step: () => Promise<RefreshResult>,
): Promise<Attempt> {
  const { clock, telemetry, publish } = tools;
  try {
    const result = await step();
    const plan = planHold(result.expires_at, startedAt, configuration);
    logResult(telemetry, configuration, result, observations, clock.now());
    addRunMetrics(telemetry.metrics, observations, clock.now(), { configuration, result, plan });
    return { result, observations, plan };
  } catch (error) {
    reportFailure({ counted, tools }, error, observations);
    throw error;
  } finally {
    publish();
  }
}

/** Reports a failure. Only a `RefreshError` has a message that may be logged. */
export function reportFailure(
  { counted, tools: { clock, telemetry } }: Pick<RunContext, 'counted' | 'tools'>,
  error: unknown,
  observations: RunObservations,
): void {
  countFailure(telemetry.metrics, error instanceof RefreshError ? error.code : UNEXPECTED, counted);
  if (error instanceof RefreshError) logFailure(telemetry, error, observations, clock.now());
  addRunMetrics(telemetry.metrics, observations, clock.now());
}

export function newObservations(): RunObservations {
  return { attempts: 0, previousCredentialsUsed: false, isLifetimeBounded: false };
}
