import { RefreshError, UNEXPECTED } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import type { Configuration } from './configuration.ts';
import { type HoldPlan, planHold } from './plan-hold.ts';
import type { RefreshTools, RunObservations } from './refresh.ts';
import { addRunMetrics, countFailure, logFailure, logResult, type TelemetryTools } from './telemetry.ts';

export interface RunTools extends Omit<RefreshTools, 'deadline' | 'observations' | 'mostRequests'> {
  readonly telemetry: TelemetryTools;
  /** Writes the metrics that were added. */
  readonly publish: () => void;
  /** When the platform started the run, in Unix time in milliseconds. */
  readonly startedAt: number;
  /** Milliseconds from the start of the run until the platform stops it. */
  readonly remaining: number;
  /** Whether the caller waits for the answer. Then the run never waits for the token to become due, or to end. */
  readonly isAwaited: boolean;
}

/** The run that an attempt belongs to. */
export interface RunContext extends ReportContext {
  readonly tools: RunTools;
}

/** What a report needs of the run. */
export interface ReportContext {
  readonly configuration: Configuration;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  /** The codes of failures that the run has counted. */
  readonly counted: Set<string>;
  readonly tools: Pick<RunTools, 'clock' | 'telemetry' | 'publish'>;
}

/** A successful attempt, and what its run does about the end of the token. */
export interface Attempt {
  readonly result: RefreshResult;
  readonly observations: RunObservations;
  readonly plan: HoldPlan;
}

/** Reports how a step ended, to the log and the metrics. */
export async function reported(
  { configuration, startedAt, counted, tools }: ReportContext,
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
  {
    counted,
    tools: { clock, telemetry },
  }: { readonly counted: Set<string>; readonly tools: Pick<RunTools, 'clock' | 'telemetry'> },
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
