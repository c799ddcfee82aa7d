import { decide } from '../../lambda/refresher/decide.ts';
import { readGrant } from '../../lambda/refresher/grant.ts';
import type { RunObservations } from '../../lambda/refresher/refresh.ts';
import {
  addRunMetrics,
  logFailure,
  logResult,
  type TelemetryTools,
} from '../../lambda/refresher/telemetry.ts';
import type { TokenAnswer } from '../../lambda/refresher/token-request.ts';
import { METRICS_NAMESPACE } from '../../lambda/shared/metric-names.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { type StoredToken, sha256 } from '../../lambda/shared/stored-token.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../../lambda/shared/time-budget.ts';
import type { Series } from './cloudwatch-alarm.ts';

/** A fault at the time of a check. */
export type Fault =
  | 'endpoint-down'
  | 'credentials-revoked'
  | 'throttled'
  | 'store-down'
  | 'schedule-off'
  | 'function-deleted'
  /** The function works, but its log does not arrive. */
  | 'log-lost';

export interface ModelCheck {
  /** Unix time in seconds, with fractions. */
  readonly at: number;
  /** Unix time in seconds at which the stored token expires. */
  readonly expiresAt: number;
}

export interface ModelSettings {
  readonly policy: RefreshPolicy;
  /** Lifetime of a token in seconds. */
  readonly lifetime: number;
  /** Unix time in seconds. */
  readonly from: number;
  readonly until: number;
  readonly random: () => number;
  readonly fault: (check: ModelCheck) => Fault | undefined;
}

export interface LoggedError {
  /** Unix time in seconds. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

export interface Model {
  /** Metrics by name. `Failed` includes the error code: `TokenRefresher/Failed RATE_LIMITED`. */
  readonly metrics: ReadonlyMap<string, Series>;
  readonly errors: readonly LoggedError[];
  /** When a token was minted, and when the previous one expired. */
  readonly mints: readonly { readonly at: number; readonly expired: number }[];
}

/** Longest delay of EventBridge Scheduler, in seconds. */
const JITTER = 60;
/** Seconds until an alarm sees a metric. */
const METRIC_DELAY = 120;
/** Seconds until an alarm sees the first metric of a queue that was idle for hours. Source: SQS Developer Guide, CloudWatch metrics. */
const QUEUE_WAKE_UP = 15 * 60;
const QUEUE_IDLE_AFTER = 6 * 3600;
/** Duration of a run that keeps the token, and of one that retries until its time is up, in seconds. */
const KEEP_TIME = 0.2;
const FAILED_MINT_TIME = RUN_TIMEOUT_SECONDS - STORE_RESERVE_SECONDS - 1;

const SOURCE = sha256('model');
const TOKEN_URL = 'https://api-ext-sboxmeta.partners.spotnana.com/v2/auth/oauth2-token';
const ERRORS: Readonly<Partial<Record<Fault, RefreshError>>> = {
  'endpoint-down': errorFor({ type: 'unreachable', reason: 'ECONNREFUSED' }),
  'credentials-revoked': errorFor({
    type: 'answer',
    status: 401,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: '{"error":"invalid_client"}',
  }),
  throttled: errorFor({ type: 'answer', status: 429, headers: new Headers(), body: '' }),
  'store-down': new RefreshError('STORE_UNAVAILABLE', 'parameter /a could not be read: ThrottlingException.'),
};

/**
 * The metrics and errors of a refresher over some time, with the function's own decisions and telemetry. Checks are up to a
 * minute late. `fault` decides what goes wrong. The first check mints.
 */
export function modelRefresher({ policy, lifetime, from, until, random, fault }: ModelSettings): Model {
  const metrics = createMetricStore();
  const errors: LoggedError[] = [];
  const mints: { at: number; expired: number }[] = [];
  let token = tokenOf(Math.floor(from), lifetime);
  for (let planned = from; planned < until; planned += policy.checkEvery) {
    const at = planned + random() * JITTER;
    const met = fault({ at, expiresAt: token.expires_at });
    if (met === 'schedule-off') continue;
    if (met === 'function-deleted') {
      metrics.addDeadLetter(at);
      continue;
    }
    const observations: RunObservations = {
      attempts: 0,
      previousCredentialsUsed: false,
      isLifetimeBounded: false,
    };
    const tools = recorders(metrics, () => at, met !== 'log-lost');
    const fail = (error: RefreshError, took: number) => {
      const now = (at + took) * 1000;
      logFailure(tools, error, observations, now);
      addRunMetrics(tools.metrics, observations, now);
      metrics.add('AWS/Lambda/Errors', at, 1);
      metrics.addDeadLetter(at + took);
      errors.push({ at: at + took, code: error.code, message: error.message });
    };
    const storeError = met === 'store-down' ? ERRORS['store-down'] : undefined;
    if (storeError !== undefined) {
      fail(storeError, KEEP_TIME);
      continue;
    }
    observations.expiresAt = token.expires_at;
    const now = Math.floor(at);
    const stored = { state: 'token', version: 1, token } as const;
    const event = { type: 'check' } as const;
    const decision = decide({ event, stored, parameterName: '/a', source: token.source, now, policy });
    const mintError = met === undefined ? undefined : ERRORS[met];
    if (decision.action === 'mint' && mintError !== undefined) {
      observations.attempts = met === 'credentials-revoked' ? 1 : 5;
      fail(mintError, met === 'credentials-revoked' ? KEEP_TIME : FAILED_MINT_TIME);
      continue;
    }
    const result = { expires_at: token.expires_at, parameter_version: 1 };
    let took = KEEP_TIME;
    if (decision.action === 'mint') {
      mints.push({ at, expired: token.expires_at });
      token = tokenOf(now, lifetime);
      observations.attempts = 1;
      observations.mintDurationMs = Math.round(180 + 160 * random() ** 3);
      observations.mintedLifetime = lifetime;
      observations.expiresAt = token.expires_at;
      took += observations.mintDurationMs / 1000;
      logResult(
        tools,
        { ...policy, revokesFormerToken: false },
        { ...result, outcome: 'minted', reason: decision.reason, expires_at: token.expires_at },
        observations,
        (at + took) * 1000,
      );
    } else {
      logResult(
        tools,
        { ...policy, revokesFormerToken: false },
        { ...result, outcome: 'kept', reason: decision.reason },
        observations,
        (at + took) * 1000,
      );
    }
    addRunMetrics(tools.metrics, observations, (at + took) * 1000);
    metrics.add('AWS/Lambda/Errors', at, 0);
  }
  return { metrics: metrics.series, errors, mints };
}

export interface MetricStore {
  readonly series: ReadonlyMap<string, Series>;
  add(name: string, at: number, value: number, visibleFrom?: number): void;
  /** A message that arrives in the dead-letter queue. */
  addDeadLetter(at: number): void;
}

export function createMetricStore(): MetricStore {
  const series = new Map<string, { at: number[]; visibleFrom: number[]; values: number[] }>();
  let queueAsleepFrom = Number.NEGATIVE_INFINITY;
  let queueSeenFrom = 0;
  const add: MetricStore['add'] = (name, at, value, visibleFrom = at + METRIC_DELAY) => {
    const one = series.get(name) ?? { at: [], visibleFrom: [], values: [] };
    series.set(name, one);
    // Lambda's metrics of a long run arrive late, with the time of its start.
    const index = one.at.findLastIndex((other) => other <= at) + 1;
    one.at.splice(index, 0, at);
    one.visibleFrom.splice(index, 0, visibleFrom);
    one.values.splice(index, 0, value);
  };
  return {
    series,
    add,
    addDeadLetter(at) {
      if (at >= queueAsleepFrom) queueSeenFrom = at + QUEUE_WAKE_UP;
      queueAsleepFrom = at + QUEUE_IDLE_AFTER;
      add('AWS/SQS/NumberOfMessagesSent', at, 1, Math.max(at + METRIC_DELAY, queueSeenFrom));
    },
  };
}

/** Collects the function's metrics. If the error code is a dimension, it is appended to the metric's name. */
export function recorders(store: MetricStore, now: () => number, arrives = true): TelemetryTools {
  const silent = () => undefined;
  const record = (name: string, value: number, code?: string) => {
    if (arrives)
      store.add(`${METRICS_NAMESPACE}/${name}${code === undefined ? '' : ` ${code}`}`, now(), value);
  };
  const metrics = {
    addMetric: (name: string, _unit: unknown, value: number) => record(name, value),
    singleMetric: () => {
      let code: string | undefined;
      return {
        addDimension: (_name: string, value: string) => {
          code = value;
        },
        addMetric: (name: string, _unit: unknown, value: number) => record(name, value, code),
      };
    },
  } as unknown as TelemetryTools['metrics'];
  return { logger: { info: silent, warn: silent, error: silent }, metrics };
}

function tokenOf(issuedAt: number, lifetime: number): StoredToken {
  return {
    access_token: 'model',
    token_type: 'Bearer',
    issued_at: issuedAt,
    expires_at: issuedAt + lifetime,
    source: SOURCE,
  };
}

function errorFor(answer: TokenAnswer): RefreshError {
  try {
    readGrant(answer, { tokenUrl: TOKEN_URL, defaultLifetime: undefined }, { sentAt: 0, answeredAt: 0 });
  } catch (error) {
    if (error instanceof RefreshError) return error;
    throw error;
  }
  throw new Error('the answer is a grant');
}
