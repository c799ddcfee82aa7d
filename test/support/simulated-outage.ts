import { dueAt, type RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { newTokens } from './new-tokens.ts';
import { type SimulatedRefresher, simulateRefresher } from './simulated-refresher.ts';

/** What a token endpoint does during an outage. */
export const OUTAGE_KINDS = [
  'refuses',
  'hangs',
  'answers 503',
  'answers 429',
  'answers 429 and asks to wait until the end',
  'answers 429 and asks to wait for half of the rest',
  'answers 429 and says that the rate limit resets at the end',
  'answers 503 slowly',
  'answers 503 with a large page',
  'answers 503 with a rate limit',
  'answers 503 with a used-up rate limit',
  'hangs after the status',
] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

export interface SimulatedOutage {
  readonly policy: RefreshPolicy;
  /** Of a token, in seconds. */
  readonly lifetime: number;
  /** What happens to the requests in the outage, repeated. */
  readonly kinds: readonly OutageKind[];
  /** Seconds from the first token to the start of the schedule, less full intervals of `checkEvery`. */
  readonly phase: number;
  /** Seconds from the first token to the outage. */
  readonly from: number;
  /** Seconds. */
  readonly lasts: number;
  /** Seconds by which each check is late, up to 60; repeated. */
  readonly late: readonly number[];
  /** Seconds that an answer takes after the outage. Default: less than one. */
  readonly answersAfter?: number;
  /** Seconds that each call to AWS takes after the first token. Default: 0. */
  readonly awsTakes?: number;
}

/** One outage of the token endpoint, from the first token until the refresher has recovered. */
export async function simulateOutage(outage: SimulatedOutage): Promise<
  SimulatedRefresher & {
    /** Fewest seconds for which the stored token was still valid. Negative if the parameter held an expired one. */
    readonly leastValid: number;
  }
> {
  const { policy, lifetime, kinds, phase, from, lasts, late, answersAfter = 0, awsTakes = 0 } = outage;
  const simulated = await simulateRefresher({
    kind: { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 },
    policy,
    lifetime,
  });
  const { time, aws, endpoint, stored } = simulated;
  const grant = newTokens(() => lifetime);
  endpoint.fault = grant;
  await time.until(simulated.run({}, { isAwaited: true }));
  const startedAt = time.now();
  let failed = 0;
  endpoint.fault = async (signal) => {
    const second = (time.now() - startedAt) / 1_000 - from;
    if (second >= 0 && second < lasts) {
      failed += 1;
      return failAs(kinds[(failed - 1) % kinds.length], lasts - second, signal, simulated);
    }
    if (second >= lasts) await time.sleep(answersAfter * 1_000, signal);
    return grant();
  };
  const { onCall } = aws;
  if (awsTakes > 0)
    aws.onCall = async (...call) => {
      await time.sleep(awsTakes * 1_000);
      onCall(...call);
    };
  // Earlier checks would only keep the token.
  const idle = Math.floor(dueAt({ issued_at: 0, expires_at: lifetime }, policy) / policy.checkEvery) - 2;
  await time.advance((phase + Math.max(0, idle) * policy.checkEvery) * 1_000);
  simulated.schedule((index) => late[index % late.length] ?? 0);
  const until = startedAt + (Math.max(from + lasts, lifetime) + 2 * policy.checkEvery) * 1_000;
  await time.advance(until - time.now());
  const end = time.now() / 1_000;
  const valid = stored.map(({ expires_at }, index) => expires_at - (stored[index + 1]?.storedAt ?? end));
  return Object.assign(simulated, { leastValid: Math.min(...valid) });
}

/** `rest`: seconds until the end of the outage. */
async function failAs(
  kind: OutageKind | undefined,
  rest: number,
  signal: AbortSignal,
  { time }: SimulatedRefresher,
): Promise<Response> {
  const limited = (header: string, seconds: number) =>
    new Response(null, {
      status: 429,
      headers: { 'x-ratelimit-remaining': '0', [header]: String(Math.floor(seconds)) },
    });
  switch (kind) {
    case undefined:
    case 'refuses':
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    case 'hangs':
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    case 'answers 503':
      return new Response(null, { status: 503 });
    case 'answers 429':
      return new Response(null, { status: 429 });
    case 'answers 429 and asks to wait until the end':
      return limited('retry-after', rest);
    case 'answers 429 and asks to wait for half of the rest':
      return limited('retry-after', rest / 2);
    case 'answers 429 and says that the rate limit resets at the end':
      return limited('x-ratelimit-reset', rest);
    case 'answers 503 slowly':
      await time.sleep(25_000, signal);
      return new Response(null, { status: 503 });
    case 'answers 503 with a large page':
      return new Response('x'.repeat(70_000), { status: 503 });
    case 'answers 503 with a rate limit':
      return unavailable(4_999);
    case 'answers 503 with a used-up rate limit':
      return unavailable(0);
    case 'hangs after the status':
      return new Response(hanging(signal), { status: 503 });
  }
}

/** An answer with the state of a rate limit that resets after 50 minutes. */
function unavailable(remaining: number): Response {
  const headers = { 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': '3000' };
  return new Response(null, { status: 503, headers });
}

/** A body that never arrives. */
function hanging(signal: AbortSignal): ReadableStream {
  return new ReadableStream({
    start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
  });
}
