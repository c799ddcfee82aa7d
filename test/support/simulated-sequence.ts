import { AsyncLocalStorage } from 'node:async_hooks';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { type StoredToken, sha256 } from '../../lambda/shared/stored-token.ts';
import { functionTimeout } from '../../lambda/shared/time-budget.ts';
import { AwsError } from '../../local/embedded-cloud/aws-error.ts';
import type { Operations } from '../../local/embedded-cloud/input.ts';
import type { Faults } from '../../simulate/faults.ts';
import { createFunction } from '../../simulate/refresher.ts';
import { planEvents } from '../../simulate/schedule.ts';
import { createWorld, PARAMETER_NAME, type World } from '../../simulate/world.ts';

export type Cause = 'check' | 'force' | 'report';

/** Everything that happens to a refresher. */
export interface Sequence {
  readonly policy: RefreshPolicy;
  /** Of a token, in seconds. */
  readonly lifetime: number;
  /** The parts of its lifetime that a token is granted for, repeated. From 0 to 1. */
  readonly parts: readonly number[];
  readonly revokesFormer: boolean;
  /** What happens to writes of tokens, repeated. */
  readonly writes: readonly ('arrives' | 'lost' | 'answer lost')[];
  readonly faults: Faults;
  /** Runs beside the checks of the schedule. A report is about the token that is stored then. In milliseconds from the start. */
  readonly further: readonly { readonly at: number; readonly cause: Exclude<Cause, 'check'> }[];
  /** In milliseconds. */
  readonly lasts: number;
  readonly seed: number;
}

export interface SequenceRun {
  readonly cause: Cause;
  requests: number;
  /** Whether Lambda stopped it at its time limit. */
  isTooLong: boolean;
}

/** A write of a token, and what it replaced. */
export interface TokenWrite {
  /** Unix time in seconds. */
  readonly at: number;
  readonly former: GrantedToken | undefined;
  readonly token: GrantedToken;
}

export interface GrantedToken extends StoredToken {
  /** Later grants have greater numbers. */
  readonly serial: number;
  /** Why it was minted. */
  readonly cause: Cause;
  /** Unix time in seconds at which APIs no longer accept it, as known at the time of the write. */
  readonly endsAt: number;
}

const FAILED = new AwsError('InternalServerError', 'the answer did not arrive', 500);

export const SEQUENCE_START = Date.UTC(2026, 0, 1);

/** Runs the real refresher in virtual time. */
export async function simulateSequence(sequence: Sequence) {
  const { policy, revokesFormer, further, lasts } = sequence;
  const from = SEQUENCE_START;
  const world = createWorld({ ...sequence, from, until: from + lasts });
  const current = new AsyncLocalStorage<SequenceRun>();
  const writes: TokenWrite[] = [];
  const endpoint = grantingParts(world, sequence.parts, current);
  const parameterStore = recordingWrites(world, sequence.writes, endpoint.causes, writes);
  const refresher = createFunction(
    { ...world, endpoint, parameterStore },
    policy,
    revokesFormer ? { REVOKES_FORMER_TOKEN: 'true' } : {},
  );
  const runs: SequenceRun[] = [];
  const start = (cause: Cause, event: object) => {
    const run = { cause, requests: 0, isTooLong: false };
    runs.push(run);
    current
      .run(run, () => refresher.invoke(event))
      .catch(({ message }) => {
        run.isTooLong = message === 'the run took too long';
      });
  };
  planEvents(world, policy.checkEvery, () => start('check', {}));
  for (const { at, cause } of further) {
    world.time.at(from + at, () => {
      const rejected = sha256(writes.at(-1)?.token.access_token ?? '');
      start(cause, cause === 'force' ? { force: true } : { rejected });
    });
  }
  await world.time.runUntil(from + lasts + functionTimeout(policy.checkEvery) * 1_000);
  return { runs, writes };
}

/** The endpoint of a world, which grants some tokens for a part of their lifetime, and counts the requests of each run. */
function grantingParts(world: World, parts: readonly number[], current: AsyncLocalStorage<SequenceRun>) {
  const causes = new Map<string, Cause>();
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const run = current.getStore();
    if (run === undefined) throw new Error('a request outside of a run');
    run.requests += 1;
    const response = await world.endpoint.fetch(url, init);
    if (!response.ok) return response;
    const granted = (await response.json()) as { access_token: string };
    const part = parts[causes.size % parts.length] ?? 1;
    causes.set(granted.access_token, run.cause);
    return Response.json({ ...granted, expires_in: Math.ceil(part * world.lifetime) });
  };
  return { ...world.endpoint, fetch, causes };
}

function recordingWrites(
  { parameterStore, endpoint, time }: World,
  ends: Sequence['writes'],
  causes: ReadonlyMap<string, Cause>,
  writes: TokenWrite[],
): Operations {
  let sent = 0;
  return {
    ...parameterStore,
    PutParameter(input) {
      const put = () => parameterStore.PutParameter?.(input) ?? {};
      if (input.Name !== PARAMETER_NAME) return put();
      const end = ends[sent % ends.length];
      sent += 1;
      if (end === 'lost') throw FAILED;
      const output = put();
      const stored = JSON.parse(String(input.Value)) as StoredToken;
      const granted = (record: StoredToken) => ({
        ...{ ...record, cause: causes.get(record.access_token) ?? 'check' },
        serial: Number(record.access_token.split('-')[1]),
        endsAt: Math.min(endpoint.endOf(record.access_token) / 1_000, record.expires_at),
      });
      const former = writes.at(-1)?.token;
      writes.push({
        at: time.now() / 1_000,
        former: former && granted(former),
        token: granted(stored),
      });
      if (end === 'answer lost') throw FAILED;
      return output;
    },
  };
}
