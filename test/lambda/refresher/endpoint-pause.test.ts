import { describe, expect, test } from 'vitest';
import type { MintFailure } from '../../../lambda/refresher/claim-record.ts';
import { rememberFailure, requestsAfter } from '../../../lambda/refresher/endpoint-pause.ts';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';

const NOW = 1_800_000_000;
const HOUR = 3_600;
const policy = { checkEvery: 300, refreshBefore: 1_800 };
const configuration = { ...policy, tokenUrl: 'https://auth.example.com/token' };
const CHECK: RefreshEvent = { type: 'check' };
const HELD: RefreshEvent = { type: 'held', version: 1 };
const FORCE: RefreshEvent = { type: 'force' };
const REPORT: RefreshEvent = { type: 'rejected', fingerprint: 'a'.repeat(64) };
/** The last 12 minutes of a token: two checks, each at most a minute late. */
const LAST = 2 * (300 + 60);

interface Run {
  readonly event?: RefreshEvent;
  readonly source?: string;
  readonly now?: number;
  /** Seconds until the stored token expires. */
  readonly left?: number;
}
const requests = (failure: MintFailure | undefined, run: Run = {}): string => {
  const { event = CHECK, source = 'same', now = NOW, left = LAST + 1 } = run;
  try {
    return requestsAfter(failure, { event, source, now, expiresAt: now + left, configuration });
  } catch (error) {
    if (error instanceof RefreshError) return error.code;
    throw error;
  }
};
const failure = (changes: Partial<MintFailure> = {}): MintFailure => ({
  code: 'RATE_LIMITED',
  source: 'same',
  reports_from: NOW,
  ...changes,
});
const asked = failure({ checks_from: NOW + HOUR });

describe('after a failure', () => {
  test.for<[string, string, MintFailure | undefined, Run]>([
    ['of which nothing is known, a check asks as usual', 'usual', undefined, {}],
    ['without a pause, a check asks as usual', 'usual', failure(), {}],
    ['with a pause, a check sends no request', 'RATE_LIMITED', asked, {}],
    ['with a pause, a check asks as usual at its end', 'usual', asked, { now: NOW + HOUR }],
    [
      'with a pause, a check sends none in the last second of it',
      'RATE_LIMITED',
      asked,
      { now: NOW + HOUR - 1, left: HOUR },
    ],
    ['with a pause, a forced run asks as usual', 'usual', asked, { event: FORCE }],
    [
      'with a pause, a run with other credentials or settings asks as usual',
      'usual',
      asked,
      { source: 'other' },
    ],
    [
      'with a pause that outlasts the token, a check in its last minutes asks once',
      'one',
      asked,
      { left: LAST },
    ],
    [
      'with a pause that outlasts the token, a held run in its last minutes asks once',
      'one',
      asked,
      { event: HELD, left: LAST },
    ],
    ['with a pause that outlasts the token, a check asks once after its end', 'one', asked, { left: -HOUR }],
    [
      'with a pause that outlasts the token, a report sends no request',
      'RATE_LIMITED',
      asked,
      { event: REPORT, left: LAST },
    ],
    [
      'with a pause that ends before the token, a check sends no request',
      'RATE_LIMITED',
      failure({ checks_from: NOW + LAST }),
      { left: LAST },
    ],
    [
      'that is recent, a report sends no request',
      'RATE_LIMITED',
      failure({ reports_from: NOW + 1 }),
      { event: REPORT },
    ],
    ['that is recent, a check asks as usual', 'usual', failure({ reports_from: NOW + 1 }), {}],
    ['that is no longer recent, a report asks as usual', 'usual', failure(), { event: REPORT }],
  ])('%s', ([, expected, found, run]) => {
    expect(requests(found, run)).toBe(expected);
  });

  test('a run without a stored token sends one request during the pause', () => {
    const input = { event: CHECK, source: 'same', now: NOW, expiresAt: 0, configuration };
    expect(requestsAfter(asked, input)).toBe('one');
  });

  test('the error of a paused run says when the pause ends', () => {
    const input = { event: CHECK, source: 'same', now: NOW, expiresAt: NOW + HOUR, configuration };
    expect(() => requestsAfter(asked, input)).toThrow(
      expect.objectContaining({ details: { notBefore: (NOW + HOUR) * 1_000 } }),
    );
    expect(() => requestsAfter(asked, input)).toThrow(
      new RegExp(
        `before ${new Date((NOW + HOUR) * 1_000).toISOString()}\\. The first check after that tries again`,
      ),
    );
  });

  test('the error of a report that sends no request says that an earlier request failed, and when reports send requests again', () => {
    const input = { event: REPORT, source: 'same', now: NOW - 1, expiresAt: NOW + HOUR, configuration };
    expect(() => requestsAfter(failure(), input)).toThrow(
      expect.objectContaining({ details: { reason: 'FAILED_BEFORE' } }),
    );
    expect(() => requestsAfter(failure(), input)).toThrow(
      new RegExp(`failed with RATE_LIMITED\\. .*again from ${new Date(NOW * 1_000).toISOString()}`),
    );
  });
});

test.for<
  [string, ConstructorParameters<typeof RefreshError>, Partial<MintFailure>, (MintFailure | undefined)?]
>([
  [
    'a failure that may pass stops reports for a minute',
    ['ENDPOINT_UNAVAILABLE', 'x'],
    { reports_from: NOW + 60 },
  ],
  [
    'a failure that does not pass by itself stops reports until the next check has asked',
    ['CLIENT_REJECTED', 'x'],
    { reports_from: NOW + 360 },
  ],
  [
    'a failure with Retry-After stops checks until then',
    ['RATE_LIMITED', 'x', { notBefore: NOW * 1_000 + 10_001 }],
    { reports_from: NOW + 60, checks_from: NOW + 11 },
  ],
  [
    'a failure during a pause does not end the pause',
    ['ENDPOINT_UNAVAILABLE', 'x'],
    { reports_from: NOW + 60, checks_from: NOW + HOUR },
    asked,
  ],
  [
    'a failure with a shorter Retry-After does not end a pause',
    ['RATE_LIMITED', 'x', { notBefore: (NOW + 10) * 1_000 }],
    { reports_from: NOW + 60, checks_from: NOW + HOUR },
    asked,
  ],
  [
    'a failure with a longer Retry-After extends a pause',
    ['RATE_LIMITED', 'x', { notBefore: (NOW + 2 * HOUR) * 1_000 }],
    { reports_from: NOW + 60, checks_from: NOW + 2 * HOUR },
    asked,
  ],
  [
    'a failure does not keep the pause of other credentials or settings',
    ['ENDPOINT_UNAVAILABLE', 'x'],
    { reports_from: NOW + 60 },
    { ...asked, source: 'other' },
  ],
  [
    'a failure does not keep a pause that has ended',
    ['ENDPOINT_UNAVAILABLE', 'x'],
    { reports_from: NOW + 60 },
    failure({ checks_from: NOW }),
  ],
  [
    'a failure after one without a pause starts none',
    ['ENDPOINT_UNAVAILABLE', 'x'],
    { reports_from: NOW + 60 },
    failure(),
  ],
])('%s', ([, error, expected, before]) => {
  const failed = { source: 'same', now: NOW, checkEvery: policy.checkEvery };
  const remembered = rememberFailure(new RefreshError(...error), before, failed);
  expect(remembered).toEqual({ code: error[0], source: 'same', ...expected });
});
