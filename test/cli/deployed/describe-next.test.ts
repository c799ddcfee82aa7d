import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../cli/command-context.ts';
import { describeNext } from '../../../cli/deployed/describe-next.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import type { RunOutcome } from '../../../lambda/shared/invoke-refresher.ts';
import { clientsIn, GOOD, NOW, refresher, type Situation } from '../situation.ts';

const next = (outcome: RunOutcome, schedule: Situation['schedule'] = 'on') =>
  describeNext(outcome, refresher, {
    clients: clientsIn({ ...GOOD, schedule }),
    clock: { ...systemClock, now: () => NOW * 1_000 },
    commands: createShellCommands({}),
  } as unknown as CommandContext);
const minted = (lifetime: number): RunOutcome => ({
  outcome: 'minted',
  reason: 'forced',
  expires_at: NOW + lifetime,
  parameter_version: 7,
});

describe('after a run, the CLI says what happens next', () => {
  test.for<[title: string, outcome: RunOutcome, says: string]>([
    [
      'a token of an hour',
      minted(3_600),
      'The next check runs within 5 min. The next token is minted in about 30 min, at 2027-01-15 08:30:00 UTC.',
    ],
    [
      'a token of half an hour, which is replaced after half of it',
      minted(1_800),
      'The next check runs within 5 min. The next token is minted in about 15 min, at 2027-01-15 08:15:00 UTC.',
    ],
    ['a token that does not last until the next check', minted(300), 'The next check runs within 5 min.'],
    [
      'a token that was kept',
      { outcome: 'kept', reason: 'same-token', expires_at: NOW + 60, parameter_version: 7 },
      'The next check runs within 5 min.',
    ],
    [
      'a failure',
      { outcome: 'failed', code: 'RATE_LIMITED', message: 'why' },
      'The next check runs within 5 min and tries again.',
    ],
  ])('after %s', async ([, outcome, says]) => {
    expect(await next(outcome)).toBe(says);
  });

  test.for<[Situation['schedule'], string]>([
    ['off', 'The schedule is off.'],
    ['gone', 'The schedule has been deleted.'],
    ['changed', 'The schedule was changed.'],
  ])('that no check follows in time if the schedule is %s', async ([schedule, says]) => {
    const restore = 'To see the command that restores it, run: npm run token-refresher -- doctor sandbox';
    expect(await next(minted(3_600), schedule)).toBe(`${says} ${restore}`);
  });

  test('even if the schedule may not be read', async () => {
    expect(await next(minted(3_600), 'denied')).toMatch(/^The next check runs within 5 min\. The next/);
  });
});
