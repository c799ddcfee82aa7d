import { beforeEach, expect, test, vi } from 'vitest';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import {
  CHECK,
  DUE,
  DUE_AND_REVOKED,
  exploreRuns,
  FORCE,
  REPORT,
  REVOKED,
  type RunsOptions,
} from '../../support/interleavings/explore-runs.ts';
import { fetchOnce } from '../../support/interleavings/fetching-reader.ts';
import { ISSUER_KINDS } from '../../support/interleavings/token-issuer.ts';

// The time of these tests is virtual, and no call hangs.
beforeEach(() => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
});

const RUNS: readonly [string, RunsOptions['firstToken'], RefreshEvent][] = [
  ['a check that replaces the token', DUE, CHECK],
  ['a check that replaces the token, which is revoked', DUE_AND_REVOKED, CHECK],
  ['a forced run', DUE, FORCE],
  ['the report of another reader', REVOKED, REPORT],
];
const CASES = ISSUER_KINDS.flatMap((issuer) => RUNS.map(([run, ...rest]) => [run, issuer, ...rest] as const));

/** The reader's loads, its requests to the API and its report, which starts a run, come in every order with the run's calls. */
test.for(CASES)(
  'beside %s, fetch returns no 401 in any order of the calls, and one token is minted, if the endpoint %s',
  async ([, issuer, firstToken, event]) => {
    const { orders, problems } = await exploreRuns({
      ...{ issuer, firstToken, events: [event], needs: 1 },
      also: [fetchOnce],
      earlyWakes: 1,
    });
    expect(problems).toEqual(new Map());
    expect(orders).toBeGreaterThanOrEqual(20);
  },
);
