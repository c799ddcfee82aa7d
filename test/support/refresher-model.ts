import { type Decision, decide } from '../../lambda/refresher/decide.ts';
import { readGrant } from '../../lambda/refresher/grant.ts';
import { nextLook, nextRetry } from '../../lambda/refresher/plan-next.ts';
import type { RunObservations } from '../../lambda/refresher/refresh.ts';
import {
  addRunMetrics,
  countFailure,
  logFailure,
  logResult,
  type TelemetryTools,
} from '../../lambda/refresher/telemetry.ts';
import type { TokenAnswer } from '../../lambda/refresher/token-request.ts';
import { METRICS_NAMESPACE } from '../../lambda/shared/metric-names.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import { type StoredToken, sha256 } from '../../lambda/shared/stored-token.ts';
import {
  latestAttempt,
  RUN_TIMEOUT_SECONDS,
  STORE_RESERVE_SECONDS,
} from '../../lambda/shared/time-budget.ts';
import type { Series } from './cloudwatch-alarm.ts';

/** A fault at the time of an attempt. */
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
  /** The number of the run. A run may try several times. */
  readonly run: number;
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
/** Duration of a single request that hangs, in seconds. */
const LONGEST_REQUEST_TIME = 30;

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
 * The metrics and errors of a refresher over some time, with the function's own decisions, waits and telemetry. Checks are up to
 * a minute late. `fault` decides what goes wrong. The first check mints.
 */
export function modelRefresher(settings: ModelSettings): Model {
  const { policy, lifetime, from, until, random } = settings;
  const world: World = {
    settings,
    metrics: createMetricStore(),
    errors: [],
    mints: [],
    token: tokenOf(Math.floor(from), lifetime),
  };
  const checks = Math.ceil((until - from) / policy.checkEvery);
  const checkOf = (index: number): ModelAttempt => {
    const at = from + index * policy.checkEvery + random() * JITTER;
    return { at, run: { index, startedAt: at, counted: new Set(), failedInARow: 0 } };
  };
  const waiting: ModelAttempt[] = [];
  for (let index = 0, check = checkOf(0); index < checks || waiting.length > 0; ) {
    const later = waiting[0];
    const isCheck = index < checks && (later === undefined || check.at < later.at);
    const { at, run } = (isCheck ? check : waiting.shift()) as ModelAttempt;
    if (isCheck) {
      index += 1;
      check = checkOf(index);
    }
    const next = attemptAt(at, run, world);
    if (next === undefined) continue;
    waiting.push({ at: next, run });
    waiting.sort((one, other) => one.at - other.at);
  }
  return { metrics: world.metrics.series, errors: world.errors, mints: world.mints };
}

interface ModelRun {
  readonly index: number;
  /** Unix time in seconds, with fractions. */
  readonly startedAt: number;
  readonly counted: Set<string>;
  failedInARow: number;
}

interface ModelAttempt {
  readonly at: number;
  readonly run: ModelRun;
}

interface World {
  readonly settings: ModelSettings;
  readonly metrics: MetricStore;
  readonly errors: LoggedError[];
  readonly mints: { readonly at: number; readonly expired: number }[];
  token: StoredToken;
}

/** One attempt. Returns when the same run tries again, in Unix time in seconds, or undefined if the run ends. */
function attemptAt(at: number, run: ModelRun, world: World): number | undefined {
  const { metrics, token, settings } = world;
  const { policy, fault } = settings;
  const met = fault({ at, expiresAt: token.expires_at, run: run.index });
  const isFirst = at === run.startedAt;
  if (isFirst && met === 'schedule-off') return undefined;
  if (met === 'function-deleted') {
    if (isFirst) metrics.addDeadLetter(at);
    return undefined;
  }
  const observations: RunObservations = {
    attempts: 0,
    previousCredentialsUsed: false,
    isLifetimeBounded: false,
  };
  const tools = recorders(metrics, () => at, met !== 'log-lost');
  const latest = run.startedAt + latestAttempt(policy.checkEvery);
  const soFar = (now: number) => ({ now, latest: latest * 1_000, failedInARow: run.failedInARow });
  const fail = (error: RefreshError, took: number) => {
    const now = (at + took) * 1_000;
    // The metrics carry the time of the log line.
    const late = recorders(metrics, () => at + took, met !== 'log-lost');
    logFailure(late, error, observations, now);
    countFailure(late.metrics, error.code, run.counted);
    addRunMetrics(late.metrics, observations, now);
    world.errors.push({ at: at + took, code: error.code, message: error.message });
    run.failedInARow += 1;
    const next = nextRetry(error, soFar(now));
    if (next === undefined) metrics.addDeadLetter(at + took);
    return next === undefined ? undefined : next / 1_000;
  };
  if (met === 'store-down') return fail(ERRORS['store-down'] as RefreshError, KEEP_TIME);
  observations.expiresAt = token.expires_at;
  const now = Math.floor(at);
  const stored = { state: 'token', version: 1, token } as const;
  const event = { type: 'check' } as const;
  const decision = decide({ event, stored, parameterName: '/a', source: token.source, now, policy });
  const mintError = met === undefined ? undefined : ERRORS[met];
  if (decision.action === 'mint' && mintError !== undefined) {
    const isSingle = run.failedInARow > 0 || !mintError.retryable;
    observations.attempts = isSingle ? 1 : 5;
    const hangs = met === 'endpoint-down' ? LONGEST_REQUEST_TIME : KEEP_TIME;
    return fail(mintError, !mintError.retryable ? KEEP_TIME : isSingle ? hangs : FAILED_MINT_TIME);
  }
  run.failedInARow = 0;
  const result = succeed(at, decision, observations, tools, world);
  const next = nextLook(result, token, policy, soFar(at * 1_000));
  return next === undefined ? undefined : next / 1_000;
}

function succeed(
  at: number,
  decision: Decision,
  observations: RunObservations,
  tools: TelemetryTools,
  world: World,
): RefreshResult {
  const { policy, lifetime, random } = world.settings;
  let took = KEEP_TIME;
  if (decision.action === 'mint') {
    world.mints.push({ at, expired: world.token.expires_at });
    world.token = tokenOf(Math.floor(at), lifetime);
    observations.attempts = 1;
    observations.mintDurationMs = Math.round(180 + 160 * random() ** 3);
    observations.mintedLifetime = lifetime;
    observations.expiresAt = world.token.expires_at;
    took += observations.mintDurationMs / 1_000;
  }
  const known = { expires_at: world.token.expires_at, parameter_version: 1 };
  const result: RefreshResult =
    decision.action === 'mint'
      ? { ...known, outcome: 'minted', reason: decision.reason }
      : { ...known, outcome: 'kept', reason: decision.reason };
  logResult(tools, { ...policy, revokesFormerToken: false }, result, observations, (at + took) * 1_000);
  addRunMetrics(tools.metrics, observations, (at + took) * 1_000);
  return result;
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
