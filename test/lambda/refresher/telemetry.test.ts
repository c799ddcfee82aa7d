import { describe, expect, test } from 'vitest';
import type { HoldPlan } from '../../../lambda/refresher/plan-hold.ts';
import type { RunObservations } from '../../../lambda/refresher/refresh.ts';
import {
  addRunMetrics,
  countFailure,
  logFailure,
  logNextAttempt,
  logResult,
  metricDimensions,
  type TelemetryTools,
  warnOfGap,
} from '../../../lambda/refresher/telemetry.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';

/** Unix time in seconds. */
const NOW = Date.UTC(2027, 0, 1) / 1_000;
const policy = { checkEvery: 300, refreshBefore: 1_800, revokesFormerToken: false };
const BASE = { expires_at: NOW + 3_600, parameter_version: 2 };
const kept: RefreshResult = { ...BASE, outcome: 'kept', reason: 'already-replaced' };
const fresh: RefreshResult = { ...BASE, outcome: 'kept', reason: 'fresh' };
const minted: RefreshResult = { ...BASE, outcome: 'minted', reason: 'expiring' };
const replacing: RefreshResult = { ...BASE, outcome: 'kept', reason: 'being-replaced' };
const same: RefreshResult = { ...BASE, outcome: 'kept', reason: 'same-token' };

/** Telemetry that keeps what it logs and counts. */
function recorder() {
  const lines: [level: string, message: string, fields?: object][] = [];
  const metrics: [name: string, value: number, unit: string, dimensions?: object][] = [];
  const log = (level: string) => (message: string, fields?: object) =>
    lines.push(fields === undefined ? [level, message] : [level, message, fields]);
  const singleMetric = () => {
    const dimensions: Record<string, string> = {};
    return {
      addDimension: (name: string, value: string) => {
        dimensions[name] = value;
      },
      addMetric: (name: string, unit: string, value: number) => metrics.push([name, value, unit, dimensions]),
    };
  };
  const tools = {
    logger: { info: log('info'), error: log('error'), warn: log('warn') },
    metrics: {
      addMetric: (name: string, unit: string, value: number) => metrics.push([name, value, unit]),
      singleMetric,
    },
  } as unknown as TelemetryTools;
  return { tools, lines, metrics };
}
const observed = (more: Partial<RunObservations> = {}): RunObservations => ({
  attempts: 0,
  previousCredentialsUsed: false,
  isLifetimeBounded: false,
  ...more,
});
/** Matches a text that contains these phrases, in this order. */
const saying = (phrases: readonly string[]) =>
  expect.stringMatching(new RegExp(phrases.map((phrase) => phrase.replaceAll('.', '\\.')).join('.*')));

describe('a successful run', () => {
  test.for<[string, RefreshResult, RegExp]>([
    ['that stored a new token', minted, /^Token minted and stored$/],
    ['that kept the token', kept, /^Token kept$/],
    ['that was granted the stored token again', same, /^Token kept: .*grants the same token/],
  ])('%s says so, with its result and what is left of the token', ([, result, message]) => {
    const { tools, lines } = recorder();
    const origin = { issued_at: NOW - 60, source: 'source' };
    logResult(tools, policy, result, observed({ origin, attempts: 3 }), NOW * 1_000 + 999);
    const fields = { ...result, ...origin, seconds_left: 3_600, attempts: 3 };
    expect(lines).toEqual([['info', expect.stringMatching(message), fields]]);
  });

  test('has no seconds left once the token has expired', () => {
    const { tools, lines } = recorder();
    logResult(tools, policy, kept, observed(), (kept.expires_at + 1) * 1_000);
    expect(lines).toMatchObject([['info', 'Token kept', { seconds_left: 0 }]]);
  });

  test.for<[string, RefreshResult, Partial<RunObservations>, readonly string[]]>([
    ['a minted token', minted, {}, ['Minted']],
    ['a kept token', fresh, {}, ['Kept']],
    ['a token that was granted again', same, { reused: 'stored' }, ['Kept', 'SameToken']],
    ['another token that was granted before', minted, { reused: 'another' }, ['Minted']],
    [
      'the use of the previous credentials',
      minted,
      { previousCredentialsUsed: true },
      ['Minted', 'PreviousCredentialsUsed'],
    ],
    ['a lifetime that is too short', minted, { mintedLifetime: 600 }, ['Minted', 'LifetimeTooShort']],
  ])('counts %s once', ([, result, observations, names]) => {
    const { tools, metrics } = recorder();
    logResult(tools, policy, result, observed(observations), NOW * 1_000);
    expect(metrics).toEqual(names.map((name) => [name, 1, 'Count']));
  });

  test.for<[string, Partial<RunObservations>, boolean, readonly string[][], object]>([
    ['nothing else', {}, false, [], {}],
    [
      'that Secrets Manager did not answer',
      { credentialsRemembered: true },
      false,
      [['Secrets Manager did not answer.', 'an earlier run had read', 'check the state of Secrets Manager']],
      { remembered_credentials_used: true },
    ],
    [
      'that the endpoint revoked the former token',
      { formerTokenRevoked: true },
      false,
      [['rejected the former token', 'set revokesFormerToken to true', 'look for the next token']],
      { former_token_revoked: true },
    ],
    [
      'that the endpoint revoked the former token, as the settings say',
      { formerTokenRevoked: true },
      true,
      [],
      { former_token_revoked: true },
    ],
    [
      'that the current credentials were rejected',
      { previousCredentialsUsed: true },
      false,
      [['rejected the current credentials', 'AWSPREVIOUS', 'Finish the rotation']],
      { previous_credentials_used: true },
    ],
    [
      'that the lifetime is too long to be believed',
      { isLifetimeBounded: true },
      false,
      [['more than 30 days', 'as if it were valid for 30 days', 'short-lived tokens']],
      {},
    ],
    [
      'that the token is not valid yet',
      { notBefore: (NOW + 90) * 1_000 },
      false,
      [['not valid before 2027-01-01T00:01:30.000Z', 'reject it until then', 'compare its clock with UTC']],
      {},
    ],
  ])('that notes %s warns of it', ([, observations, revokesFormerToken, expected, fields]) => {
    const { tools, lines } = recorder();
    logResult(tools, { ...policy, revokesFormerToken }, kept, observed(observations), NOW * 1_000);
    const always = { ...kept, seconds_left: 3_600, attempts: 0 };
    const warnings = expected.map((phrases) => ['warn', saying(phrases)]);
    expect(lines).toEqual([['info', 'Token kept', { ...always, ...fields }], ...warnings]);
  });

  const EVERY_5 = { checkEvery: 300, refreshBefore: 1_800 };
  const EVERY_MINUTE = { checkEvery: 60, refreshBefore: 1_800 };
  test.for<[number, typeof EVERY_5, readonly string[] | undefined]>([
    // Shorter than the time to the next check, even a late one.
    [360, EVERY_5, ['for 360 seconds', 'every 300 seconds, it may expire', 'Lower checkEvery']],
    // Longer than that, but no alarm could fire in time with any settings.
    [361, EVERY_5, ['replaced 360 seconds before', 'alarms may fire', 'Ask for longer-lived tokens.']],
    [1_679, EVERY_5, ['Ask for longer-lived tokens.']],
    [1_680, EVERY_5, ['refreshBefore to at most PT840S and checkEvery to at most PT1M.']],
    [
      3_239,
      EVERY_5,
      ['is replaced 1619 seconds', 'With checkEvery 300 and refreshBefore 1800', 'PT1619S', 'PT4M'],
    ],
    [3_240, EVERY_5, undefined],
    // The alarms fire in time, but the token is also replaced later than TokenExpiring fires.
    [
      1_680,
      EVERY_MINUTE,
      ['replaced 840 seconds before', 'alarms may fire without a fault', 'PT840S', 'PT1M'],
    ],
    [1_682, EVERY_MINUTE, undefined],
  ])(
    'that mints a token for %i seconds with %o warns if that is too short',
    ([lifetime, settings, phrases]) => {
      const { tools, lines } = recorder();
      const observations = observed({ mintedLifetime: lifetime });
      logResult(tools, { ...settings, revokesFormerToken: false }, minted, observations, NOW * 1_000);
      const warnings = phrases === undefined ? [] : [['warn', saying(phrases)]];
      expect(lines.slice(1)).toEqual(warnings);
    },
  );
});

describe('a failed run', () => {
  const error = new RefreshError('RATE_LIMITED', 'why', { status: 429 });
  const always = { code: 'RATE_LIMITED', retryable: true, attempts: 2, status: 429 };

  test.for<[string, Partial<RunObservations>, object]>([
    ['says why', {}, {}],
    ['says what is left of the token', { expiresAt: NOW + 10 }, { seconds_left: 10 }],
    ['says that no token is stored', { expiresAt: 0 }, { seconds_left: 0 }],
    [
      'says that it used remembered credentials',
      { credentialsRemembered: true },
      { remembered_credentials_used: true },
    ],
  ])('%s', ([, observations, fields]) => {
    const { tools, lines } = recorder();
    logFailure(tools, error, observed({ attempts: 2, ...observations }), NOW * 1_000);
    expect(lines).toEqual([['error', error.message, { ...always, ...fields }]]);
  });

  test('counts once in total, and once for each code', () => {
    const { tools, metrics } = recorder();
    const counted = new Set<string>();
    for (const code of ['RATE_LIMITED', 'RATE_LIMITED', 'STORE_UNAVAILABLE', 'UNEXPECTED'] as const)
      countFailure(tools.metrics, code, counted);
    expect(metrics).toEqual([
      ['Failed', 1, 'Count'],
      ['Failed', 1, 'Count', { code: 'RATE_LIMITED' }],
      ['Failed', 1, 'Count', { code: 'STORE_UNAVAILABLE' }],
      ['Failed', 1, 'Count', { code: 'UNEXPECTED' }],
    ]);
  });
});

describe('the remaining validity that a run measures', () => {
  // The alarm TokenExpiring fires below 840 seconds.
  test.for<[string, Partial<RunObservations>, RefreshResult | undefined, HoldPlan, number | undefined]>([
    ['is that of the token', { expiresAt: NOW + 100 }, fresh, 'next-check', 100],
    ['is that of the token after a failure', { expiresAt: NOW + 100 }, undefined, 'next-check', 100],
    ['is 0 without a token', { expiresAt: 0 }, undefined, 'next-check', 0],
    ['is unknown if the token could not be read', {}, undefined, 'next-check', undefined],
    [
      'fires no alarm while the endpoint grants the same token',
      { expiresAt: NOW + 100, attempts: 1, reused: 'stored' },
      same,
      'hold',
      840,
    ],
    [
      'is that of a token that is granted again, if it is longer',
      { expiresAt: NOW + 1_000, attempts: 1, reused: 'stored' },
      same,
      'next-check',
      1_000,
    ],
    [
      'fires the alarm if no run can wait for the end of the same token',
      { expiresAt: NOW + 100, attempts: 1, reused: 'stored' },
      same,
      'too-long',
      100,
    ],
    [
      'fires the alarm if the endpoint granted another token again',
      { expiresAt: NOW + 100, attempts: 1, reused: 'another' },
      minted,
      'hold',
      100,
    ],
    [
      'fires the alarm if the run failed after the same token was granted',
      { expiresAt: NOW + 100, attempts: 1, reused: 'stored' },
      undefined,
      'hold',
      100,
    ],
    [
      'is not measured by a report that changed nothing',
      { expiresAt: NOW + 100, isReport: true },
      kept,
      'hold',
      undefined,
    ],
    [
      'is not measured by a report that left the token to another run',
      { expiresAt: NOW + 100, isReport: true },
      replacing,
      'hold',
      undefined,
    ],
    [
      'is measured by a report that sent a request in vain',
      { expiresAt: NOW + 100, isReport: true, attempts: 1 },
      kept,
      'hold',
      100,
    ],
    [
      'is measured by a report that stored an earlier token',
      { expiresAt: NOW + 100, isReport: true },
      minted,
      'hold',
      100,
    ],
    [
      'is measured by a report that failed',
      { expiresAt: NOW + 100, isReport: true },
      undefined,
      'next-check',
      100,
    ],
    [
      'is measured by a check that found the token of another run',
      { expiresAt: NOW + 100 },
      kept,
      'hold',
      100,
    ],
    [
      'is not measured by a check that left the token to another run, which may die',
      { expiresAt: NOW + 100, attempts: 1 },
      replacing,
      'hold',
      undefined,
    ],
    ['is measured by a run that stored an earlier token', { expiresAt: NOW + 100 }, minted, 'hold', 100],
  ])('%s', ([, observations, result, plan, expected]) => {
    const { tools, metrics } = recorder();
    const successful = result === undefined ? undefined : { configuration: policy, result, plan };
    addRunMetrics(tools.metrics, observed(observations), NOW * 1_000, successful);
    const measured = metrics.filter(([name]) => name === 'SecondsUntilExpiry');
    expect(measured).toEqual(expected === undefined ? [] : [['SecondsUntilExpiry', expected, 'Seconds']]);
  });
});

test.for<[string, Partial<RunObservations>, readonly unknown[][]]>([
  ['none without a request', {}, []],
  ['the requests', { attempts: 1 }, [['MintAttempts', 1, 'Count']]],
  [
    'the requests and their duration',
    { attempts: 2, mintDurationMs: 1_500 },
    [
      ['MintAttempts', 2, 'Count'],
      ['MintDuration', 1_500, 'Milliseconds'],
    ],
  ],
])('the metrics of minting are %s', ([, observations, expected]) => {
  const { tools, metrics } = recorder();
  addRunMetrics(tools.metrics, observed(observations), NOW * 1_000);
  expect(metrics).toEqual(expected);
});

test('each metric has the name of the parameter as a dimension', () => {
  expect(metricDimensions('/a/b')).toEqual({ parameter: '/a/b' });
});

test('a run that waits says until when', () => {
  const { tools, lines } = recorder();
  logNextAttempt(tools.logger, (NOW + 60) * 1_000);
  const fields = { next_attempt: '2027-01-01T00:01:00.000Z' };
  expect(lines).toEqual([['info', expect.stringMatching(/^This run waits/), fields]]);
});

test('a run that cannot wait for the end of the same token warns of the gap', () => {
  const { tools, lines } = recorder();
  warnOfGap(tools.logger, NOW + 60);
  const phrases = ['until it expires at 2027-01-01T00:01:00.000Z', 'cannot wait that long', 'at most PT13M.'];
  expect(lines).toEqual([['warn', saying(phrases)]]);
});
