import type { TokenReader } from '../../lambda/reader/token-reader.ts';
import { decide } from '../../lambda/refresher/decide.ts';
import { type StoredToken, sha256 } from '../../lambda/shared/stored-token.ts';
import { createRandom } from './random.ts';
import { isRead, type StoredParameter, THROTTLED } from './stored-parameter.ts';

/** Source: https://docs.aws.amazon.com/general/latest/gr/ssm.html (GetParameter, default throughput) */
export const READS_PER_SECOND = 40;
/** The construct's defaults. */
const POLICY = { checkEvery: 300, refreshBefore: 1_800 };
const TOKEN_LIFETIME = 3_600;

/** Throttles like Parameter Store beyond its throughput, and counts the reads of each second. */
export function throttle(parameter: StoredParameter): ReadonlyMap<number, number> {
  const arrived = new Map<number, number>();
  let allowance = READS_PER_SECOND;
  let refilledAt = parameter.time.now();
  parameter.cloud.intercept((call) => {
    if (!isRead(call)) return undefined;
    const now = parameter.time.now();
    const second = Math.floor(now / 1_000);
    arrived.set(second, (arrived.get(second) ?? 0) + 1);
    allowance = Math.min(READS_PER_SECOND, allowance + ((now - refilledAt) / 1_000) * READS_PER_SECOND);
    refilledAt = now;
    if (allowance < 1) return THROTTLED;
    allowance -= 1;
    return undefined;
  });
  return arrived;
}

/** A refresher that checks by the default policy. Each check is up to a minute late, as with EventBridge Scheduler. */
export function createRefresher(parameter: StoredParameter, random: () => number) {
  const startedAt = parameter.time.now();
  let stored: StoredToken | undefined;
  let checks = 0;
  let due = startedAt;
  const source = sha256('source');
  return {
    /** Runs a check if one is due. */
    async tick(): Promise<void> {
      if (parameter.time.now() < due) return;
      checks = Math.floor((due - startedAt) / (POLICY.checkEvery * 1_000)) + 1;
      due = startedAt + (checks * POLICY.checkEvery + Math.floor(random() * 60)) * 1_000;
      const now = Math.floor(parameter.time.now() / 1_000);
      const decision = decide({
        event: { type: 'check' },
        stored: stored === undefined ? { state: 'missing' } : { state: 'token', version: 1, token: stored },
        parameterName: parameter.name,
        source,
        now,
        policy: POLICY,
      });
      if (decision.action === 'keep') return;
      const issued_at = now;
      stored = {
        access_token: `token-${checks}`,
        token_type: 'Bearer',
        issued_at,
        expires_at: issued_at + TOKEN_LIFETIME,
        source,
      };
      await parameter.put(stored.access_token, stored);
    },
  };
}

export interface FleetOptions {
  readonly containers: number;
  /** Reads that each container makes in a second, on average. */
  readonly readsPerSecond: number;
  /** Longest lifetime of a container, in seconds. The shortest is half of it. */
  readonly containerLifetime: number;
  readonly seed: number;
}

/** Containers that read at random moments. Cold ones replace them at random moments. */
export function createFleet(parameter: StoredParameter, options: FleetOptions) {
  const random = createRandom(options.seed);
  const failures: unknown[] = [];
  const servedIndices = new Set<number>();
  const lifetime = () => parameter.time.now() + options.containerLifetime * 500 * (1 + random());
  const start = (): { reader: TokenReader; endsAt: number } => ({
    reader: parameter.reader({ random }),
    endsAt: lifetime(),
  });
  const containers = Array.from({ length: options.containers }, start);
  const read = (index: number): void => {
    const current = containers[index];
    const container = current === undefined || current.endsAt <= parameter.time.now() ? start() : current;
    containers[index] = container;
    container.reader.get().then(
      () => servedIndices.add(index),
      (error: unknown) => failures.push(error),
    );
  };
  return {
    failures,
    served: {
      /** The number of containers that received a token. */
      get containers() {
        return servedIndices.size;
      },
    },
    /** Every container reads now. */
    readAll(): void {
      for (const index of containers.keys()) read(index);
    },
    /** Some containers read, and a second passes. */
    async second(): Promise<void> {
      for (const index of containers.keys()) if (random() < options.readsPerSecond) read(index);
      await parameter.time.advance(1_000);
    },
  };
}
