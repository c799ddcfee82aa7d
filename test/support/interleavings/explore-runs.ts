import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { type Exploration, exploreOrders } from './explore-orders.ts';
import { FIRST_TOKEN, RefresherStage, type RefresherStageOptions, START } from './refresher-stage.ts';
import type { Actor, Fault } from './stage.ts';

export const CHECK: RefreshEvent = { type: 'check' };
export const FORCE: RefreshEvent = { type: 'force' };
/** A report of the first token. */
export const REPORT: RefreshEvent = { type: 'rejected', fingerprint: sha256(FIRST_TOKEN) };

/** A token that a check replaces. */
export const DUE = { age: 1_900, isAlive: true };
/** One that the endpoint has revoked, before a check replaces it and after that. */
export const REVOKED = { age: 600, isAlive: false };
export const DUE_AND_REVOKED = { age: 1_900, isAlive: false };

/** Runs that overlap. */
export interface Overlap extends Pick<RefresherStageOptions, 'firstToken'> {
  readonly name: string;
  readonly events: readonly RefreshEvent[];
  /** How many tokens are needed. Checks and reports that replace the same token need one. Each forced run needs one. */
  readonly needs: number;
}

interface Pair extends Overlap {
  /** If there are fewer, the test no longer tries them all. */
  readonly leastOrders: number;
}

export const PAIRS: readonly Pair[] = [
  { name: 'two checks', firstToken: DUE, events: [CHECK, CHECK], needs: 1, leastOrders: 164 },
  {
    name: 'a check and a report',
    firstToken: DUE_AND_REVOKED,
    events: [CHECK, REPORT],
    needs: 1,
    leastOrders: 240,
  },
  {
    name: 'a check of a token that is not due and a report',
    firstToken: REVOKED,
    events: [CHECK, REPORT],
    needs: 1,
    leastOrders: 8,
  },
  { name: 'two reports', firstToken: REVOKED, events: [REPORT, REPORT], needs: 1, leastOrders: 240 },
  { name: 'a forced run and a check', firstToken: DUE, events: [FORCE, CHECK], needs: 2, leastOrders: 164 },
  {
    name: 'a forced run and a report',
    firstToken: REVOKED,
    events: [FORCE, REPORT],
    needs: 2,
    leastOrders: 240,
  },
  { name: 'two forced runs', firstToken: REVOKED, events: [FORCE, FORCE], needs: 2, leastOrders: 240 },
  // For example, the check of a deployment and that of the schedule.
  {
    name: 'two checks without a token',
    firstToken: undefined,
    events: [CHECK, CHECK],
    needs: 1,
    leastOrders: 328,
  },
  {
    name: 'a forced run and a check without a token',
    firstToken: undefined,
    events: [FORCE, CHECK],
    needs: 2,
    leastOrders: 334,
  },
];

/** Seconds after which nobody has the claim of a run that died. */
const CLAIM_SECONDS = 120;

export interface RunsOptions
  extends Omit<RefresherStageOptions, 'fault' | 'earlyWakes'>,
    Omit<Overlap, 'name'> {
  readonly fault?: Fault;
  /** See `StageOptions`. Default: 0. */
  readonly earlyWakes?: number;
  /** The event of a run that starts after all others, when a claim of a run that died has expired. */
  readonly later?: RefreshEvent;
  /** Further programs. They return what is wrong. */
  readonly also?: readonly ((refresher: RefresherStage, actor: Actor) => Promise<string | undefined>)[];
}

/** Runs the refresher for events that come at once, in every order of the calls. Returns whether the fault occurred. */
export async function exploreRuns(
  options: RunsOptions,
): Promise<Exploration & { readonly hadFault: boolean }> {
  let hadFault = false;
  const exploration = await exploreOrders(async () => {
    const refresher = startRuns(options);
    const { stage } = refresher;
    return {
      settle: () => stage.settle(),
      steps: () => stage.steps(),
      state: () => refresher.state(),
      problems: () => {
        hadFault ||= stage.hadFault;
        return [
          ...tokenProblems(refresher, options),
          ...streakProblems(refresher, options),
          ...stage.actors.flatMap((actor) => endProblems(actor, options)),
        ];
      },
    };
  });
  return { ...exploration, hadFault };
}

function startRuns(options: RunsOptions): RefresherStage {
  const { events, later, also = [], fault, earlyWakes = 0 } = options;
  const refresher = new RefresherStage({ ...options, fault, earlyWakes });
  const { stage } = refresher;
  for (const [index, event] of events.entries())
    stage.start(`run ${index + 1}`, (actor) => refresher.run(actor, event)).catch(() => undefined);
  for (const [index, program] of also.entries())
    stage.start(`reader ${index + 1}`, (actor) => program(refresher, actor)).catch(() => undefined);
  if (later !== undefined) {
    const start = START + CLAIM_SECONDS * 1_000;
    stage.startAt(start, 'later run', (actor) => refresher.run(actor, later));
  }
  return refresher;
}

function tokenProblems(
  { issuer, stored, stage }: RefresherStage,
  { needs, firstToken, issuer: kind, fault }: RunsOptions,
): string[] {
  const problems: string[] = [];
  const current = stored.at(-1) ?? '';
  const inOrder = stored.toSorted();
  const replaced = new Set(stored.filter((token) => token !== FIRST_TOKEN)).size;
  if (!issuer.isAlive(current)) problems.push('the stored token is dead');
  // If a write is sent again, its run restores what it replaced.
  const isInOrder =
    fault?.kind === 'repeated' ? current === inOrder.at(-1) : stored.join() === inOrder.join();
  if (!isInOrder) problems.push('an older token replaced a newer one');
  if (current === FIRST_TOKEN && !(kind === 'grants the same token' && firstToken?.isAlive))
    problems.push('no token was minted');
  if (replaced > needs) problems.push('a token was replaced that nobody needed to replace');
  // A token is lost with its answer, with its run, or with its write.
  if (issuer.minted - replaced > (stage.hadFault ? 1 : 0)) problems.push('a token was minted and not stored');
  return problems;
}

/**
 * The last record of the claim counts the rejected tokens that were replaced, whichever run wrote it. A forced run may forget one
 * that is replaced while it takes the claim. The runs that readers cause are not seen here.
 */
function streakProblems({ claim, stage }: RefresherStage, { events, fault, also }: RunsOptions): string[] {
  if (fault !== undefined || also !== undefined || events.includes(FORCE)) return [];
  const replaced = stage.actors.filter(({ end = {} }) => {
    const { outcome, reason } = ('value' in end ? end.value : {}) as Partial<RefreshResult>;
    return outcome === 'minted' && reason === 'rejected';
  }).length;
  const counted = claim?.rejections?.count ?? 0;
  return counted === replaced ? [] : [`${replaced} rejected tokens were replaced, and ${counted} counted`];
}

/** A run may fail only after a fault, and only with a code after which the next run may succeed. */
function endProblems({ name, condition, end }: Actor, { fault }: RunsOptions): string[] {
  if (condition === 'dead') return [];
  if (end === undefined) return [`${name} does not end`];
  if ('value' in end) return typeof end.value === 'string' ? [`${name}: ${end.value}`] : [];
  const { error } = end;
  if (fault !== undefined && name !== 'later run' && error instanceof RefreshError && error.retryable)
    return [];
  return [`${name} fails with ${error}`];
}
