import { describe, expect, test } from 'vitest';
import { afterCall, INITIAL_CONSUMER } from '../../../local/demo/consumer-state.ts';

describe('the consumer', () => {
  const call = (status: number | undefined) => ({ status, record: undefined, version: undefined });

  test('logs when an outage begins and how long it took, and nothing in between', () => {
    const events: unknown[] = [];
    let consumer = INITIAL_CONSUMER;
    for (const [now, status] of [
      [0, 200],
      [1_000, 401],
      [2_000, undefined],
      [3_500, 200],
      [4_500, 200],
    ]) {
      const { state, event } = afterCall(consumer, call(status), now ?? 0);
      consumer = state;
      events.push(event);
    }
    expect(events).toEqual([
      undefined,
      expect.stringContaining('401'),
      undefined,
      expect.stringContaining('3 s'),
      undefined,
    ]);
    expect(consumer).toEqual({ calls: 5, failures: 2, failingSince: undefined, lastOutage: 3 });
  });
});
