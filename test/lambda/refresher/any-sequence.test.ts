import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_REQUESTS } from '../../../lambda/refresher/backoff.ts';
import { functionTimeout } from '../../../lambda/shared/time-budget.ts';
import { AWS_FAULT_KINDS, AWS_SERVICES, type Incident, OUTAGE_KINDS } from '../../../simulate/faults.ts';
import {
  SEQUENCE_START,
  type Sequence,
  simulateSequence,
  type TokenWrite,
} from '../../support/simulated-sequence.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LASTS_MS = 6 * HOUR_MS;

const share = fc.double({ min: 0, max: 1, noNaN: true });
const instant = share.map((part) => SEQUENCE_START + part * LASTS_MS);

const incidents: fc.Arbitrary<Incident> = fc
  .record({
    kind: fc.constantFrom(
      ...OUTAGE_KINDS.map((kind) => `endpoint ${kind}` as const),
      'endpoint slow' as const,
      ...AWS_SERVICES.flatMap((service) => AWS_FAULT_KINDS.map((kind) => `${service} ${kind}` as const)),
      'schedule off' as const,
    ),
    from: instant,
    lasts: fc.integer({ min: 1, max: 60 }),
    share: fc.oneof(fc.constant(1), share),
    retryAfter: fc.option(fc.integer({ min: 0, max: 3_600 }), { nil: undefined }),
  })
  .map(({ lasts, retryAfter, ...incident }) => ({
    ...{ ...incident, until: incident.from + lasts * MINUTE_MS },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }));

const imperfections = {
  clockError: fc.constantFrom(0, 30),
  parts: fc.array(fc.oneof(fc.constant(1), fc.double({ min: 0.1, max: 1, noNaN: true })), { maxLength: 5 }),
  writes: fc.array(fc.constantFrom('arrives', 'arrives', 'lost', 'answer lost'), { maxLength: 6 }),
} as const;

const sequences: fc.Arbitrary<Sequence> = fc
  .record({
    incidents: fc.array(incidents, { maxLength: 8 }),
    rotatedAt: fc.array(instant, { maxLength: 2 }),
    revocations: fc.array(instant, { maxLength: 2 }),
    rates: fc.record({
      lostEvents: fc.constantFrom(0, 0.1),
      doubledEvents: fc.constantFrom(0, 0.5),
      delayedEvents: fc.constantFrom(0, 0.3),
      killedRuns: fc.constantFrom(0, 0.1, 0.4),
      coldStarts: fc.constantFrom(0, 0.3, 1),
    }),
    further: fc.array(
      fc.record({
        at: share.map((part) => part * LASTS_MS),
        cause: fc.constantFrom('force', 'report'),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 8 },
    ),
    policy: fc.constantFrom(
      { checkEvery: 300, refreshBefore: 1_800 },
      { checkEvery: 60, refreshBefore: 900 },
      { checkEvery: 1_200, refreshBefore: 4_200 },
    ),
    lifetime: fc.constantFrom(600, 3_600, 8_400),
    revokesFormer: fc.boolean(),
    ...imperfections,
    seed: fc.integer({ min: 1 }),
  })
  .map(({ incidents, rotatedAt, revocations, rates, clockError, further, ...rest }) => ({
    ...{ ...rest, lasts: LASTS_MS },
    faults: {
      ...{ incidents, revocations, rates: { ...rates, clockError } },
      rotations: rotatedAt
        .toSorted((one, other) => one - other)
        .map((at) => ({ at, newAcceptedFrom: at - MINUTE_MS, formerAcceptedUntil: at + HOUR_MS })),
    },
    further: further.flatMap(({ times, ...event }) => Array.from({ length: times }, () => event)),
  }));

/** What is wrong with a write. `clockError`: most seconds by which a clock is wrong. */
function problemsOf({ at, former, token }: TokenWrite, clockError: number): readonly string[] {
  if (former === undefined) return [];
  const mayEndSooner = token.cause !== 'check' || token.source !== former.source;
  const isFormerValid = former.endsAt > at;
  return [
    ...(token.serial < former.serial ? ['an older token replaced a newer one'] : []),
    ...(isFormerValid && token.endsAt <= at ? ['an invalid token replaced a valid one'] : []),
    ...(isFormerValid && !mayEndSooner && token.expires_at < former.expires_at - 2 * clockError
      ? ['a token replaced one that expires later']
      : []),
  ];
}

test('whatever fails, and whatever runs at once, no run stores a worse token, takes too long, or sends too many requests', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const { runs, writes } = await simulateSequence(sequence);
      const { clockError } = sequence.faults.rates;
      expect(writes.flatMap((write) => problemsOf(write, clockError))).toEqual([]);
      expect(runs.filter(({ isTooLong }) => isTooLong)).toEqual([]);
      // After the first attempt, a run sends at most one request a minute.
      const most = MOST_REQUESTS + functionTimeout(sequence.policy.checkEvery) / 60;
      expect(runs.filter(({ requests }) => requests > most)).toEqual([]);
    }),
    // To search for rare cases, run more of them without a seed.
    { numRuns: 60, seed: 2 },
  );
});
