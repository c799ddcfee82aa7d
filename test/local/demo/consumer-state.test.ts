import { describe, expect, test } from 'vitest';
import {
  afterCall,
  type ConsumerCall,
  describeConsumer,
  INITIAL_CONSUMER,
} from '../../../local/demo/consumer-state.ts';

describe('a consumer of the demo', () => {
  const CALLS: readonly [number, ConsumerCall, string | undefined, string][] = [
    [0, { ok: true, retried: false }, undefined, '1 call, 0 failed'],
    [
      1_000,
      { ok: true, retried: true },
      'got a 401, then 200 with a new token',
      '2 calls, 0 failed, 1 retried after a 401',
    ],
    [
      2_000,
      { ok: false, reason: 'a' },
      'fails: a',
      '3 calls, 1 failed, 1 retried after a 401, failing for 0 s',
    ],
    [
      3_000,
      { ok: false, reason: 'a' },
      undefined,
      '4 calls, 2 failed, 1 retried after a 401, failing for 1 s',
    ],
    [
      4_000,
      { ok: false, reason: 'b' },
      'fails: b',
      '5 calls, 3 failed, 1 retried after a 401, failing for 2 s',
    ],
    [
      4_500,
      { ok: true, retried: false },
      'works again after 3 s',
      '6 calls, 3 failed, 1 retried after a 401',
    ],
  ];

  test('logs what is new: a retry, each reason for failures, and the end of an outage with its length', () => {
    let consumer = INITIAL_CONSUMER;
    for (const [now, call, expected, description] of CALLS) {
      const { state, event } = afterCall(consumer, call, now);
      consumer = state;
      expect(event).toBe(expected);
      expect(describeConsumer(consumer, now)).toBe(description);
    }
  });
});
