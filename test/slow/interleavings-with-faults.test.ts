import { describe, expect, test } from 'vitest';
import type { RefreshEvent } from '../../lambda/refresher/event.ts';
import { CHECK, exploreRuns, FORCE, PAIRS } from '../support/interleavings/explore-runs.ts';
import type { FaultKind } from '../support/interleavings/stage.ts';
import { ISSUER_KINDS } from '../support/interleavings/token-issuer.ts';

/** What goes wrong, and with what calls. Each of these calls has the fault once. */
const FAULTS: readonly [FaultKind, string][] = [
  ['dies', ''],
  ['lost', 'GetParameter'],
  ['lost', 'PutParameter'],
  ['answer-lost', 'PutParameter'],
  ['repeated', 'PutParameter'],
  ['lost', 'token request'],
  ['answer-lost', 'token request'],
];

/** The events of the two runs. If both are the same, it does not matter which run has the fault. */
const faultyRuns = ([first, second]: readonly RefreshEvent[]) =>
  first === second ? [first] : [first, second];

describe.for(ISSUER_KINDS)(
  'if the endpoint %s and one call of one run fails in any way, or the run dies after it,',
  (issuer) => {
    test.for(PAIRS)(
      'the next run after $name stores a token that is alive, in every order of the calls',
      { timeout: 600_000 },
      async (pair) => {
        let explored = 0;
        for (const [index, event] of faultyRuns(pair.events).entries()) {
          for (const [kind, call] of FAULTS) {
            for (let nth = 1, hadFault = true; hadFault; nth += 1) {
              const fault = { actor: `run ${index + 1}`, kind, call, nth };
              const needs = pair.needs + (event === FORCE ? 1 : 0);
              const exploration = await exploreRuns({ issuer, ...pair, needs, fault, later: event ?? CHECK });
              expect({ fault, problems: exploration.problems }).toEqual({ fault, problems: new Map() });
              ({ hadFault } = exploration);
              explored += 1;
            }
          }
        }
        // Two runs have at least 17 calls or faults of calls.
        expect(explored).toBeGreaterThan(17);
      },
    );
  },
);
