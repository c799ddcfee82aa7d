import { ASSUMPTIONS, type Assumption, type AssumptionId } from './assumptions.ts';

export type Verdict = 'as assumed' | 'differs' | 'not asked';

/** What the run found out about one assumption. */
export interface Finding extends Assumption {
  readonly verdict: Verdict;
  /** What was seen, or why nothing was asked. */
  readonly seen: string;
}

export interface Findings {
  record(id: AssumptionId, seen: string, holds: boolean): void;
  /** Every assumption, in the order of the list. */
  all(): readonly Finding[];
}

/** On an emulator, an answer that would say nothing about AWS is not recorded. */
export function createFindings(isEmulator: boolean): Findings {
  const recorded = new Map<AssumptionId, Pick<Finding, 'verdict' | 'seen'>>();
  const findingFor = (id: AssumptionId): Finding => {
    const assumption: Assumption = ASSUMPTIONS[id];
    const { neverAsked, notOnEmulator } = assumption;
    const reason = neverAsked ?? (isEmulator ? notOnEmulator : undefined);
    if (reason !== undefined) return { ...assumption, verdict: 'not asked', seen: reason };
    const found = recorded.get(id) ?? { verdict: 'not asked', seen: 'the run ended before' };
    return { ...assumption, ...found };
  };
  return {
    record: (id, seen, holds) => void recorded.set(id, { seen, verdict: holds ? 'as assumed' : 'differs' }),
    all: () => (Object.keys(ASSUMPTIONS) as AssumptionId[]).map(findingFor),
  };
}
