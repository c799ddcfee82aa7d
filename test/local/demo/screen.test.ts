import { describe, expect, test } from 'vitest';
import { renderScreen, type ScreenState } from '../../../local/demo/screen.ts';

describe('the screen', () => {
  const state: ScreenState = {
    now: 100_000,
    readCommands: ['aws ssm get-parameter'],
    authorization: 'up',
    tokenRequests: 3,
    secondsLeft: 45,
    lifetime: 90,
    parameterVersion: 2,
    lastRun: 'kept (fresh)',
    consumer: { calls: 10, failures: 0, failingSince: undefined, lastOutage: undefined },
    events: ['12:00:00  schedule: minted (expiring)'],
  };

  test('shows the last decision, the remaining validity and the failed calls of the consumer', () => {
    const text = renderScreen(state);
    expect(text).toContain('kept (fresh)');
    expect(text).toContain(`${'█'.repeat(20)}${'░'.repeat(20)} 45 s left`);
    expect(text).toContain('10 calls, 0 failed');
  });

  test('shows how long the consumer has been failing', () => {
    const consumer = { calls: 10, failures: 2, failingSince: 97_500, lastOutage: undefined };
    expect(renderScreen({ ...state, consumer })).toContain('failing for 3 s');
  });
});
