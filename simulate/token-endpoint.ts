import type { Incident, Rotation } from './faults.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorldSettings } from './world.ts';

export interface TokenEndpoint {
  readonly fetch: typeof globalThis.fetch;
  /** Requests so far. */
  readonly requests: () => number;
  /** Unix time in milliseconds at which a token ends, by expiry or revocation. */
  readonly endOf: (accessToken: string) => number;
  /** Ends all tokens now. */
  readonly revoke: () => void;
}

interface EndpointSettings extends WorldSettings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly incidentsAt: (now: number) => readonly Incident[];
}

/** Milliseconds. */
const ANSWER = { least: 100, most: 400 };
/** Milliseconds, for an endpoint that is slow but works. */
const SLOW_ANSWER = { least: 2_000, most: 28_000 };

export function createTokenEndpoint(settings: EndpointSettings): TokenEndpoint {
  const { time, random, incidentsAt, lifetime, revokesFormer, faults } = settings;
  const ends = new Map<string, number>();
  /** Ends that a later revocation may bring forward. */
  let alive: string[] = [];
  let requests = 0;
  const revoke = () => {
    for (const token of alive) ends.set(token, Math.min(ends.get(token) ?? 0, time.now()));
    alive = [];
  };
  const grant = (): Response => {
    if (revokesFormer) revoke();
    const access_token = `simulated-${ends.size}`;
    ends.set(access_token, time.now() + lifetime * 1_000);
    alive = [...alive.filter((token) => (ends.get(token) ?? 0) > time.now()), access_token];
    return Response.json({ access_token, expires_in: lifetime, token_type: 'Bearer' });
  };
  const fetch = async (_url: unknown, init: RequestInit | undefined): Promise<Response> => {
    requests += 1;
    const signal = init?.signal ?? undefined;
    const incident = incidentsAt(time.now()).find(
      ({ kind, share }) => kind.startsWith('endpoint ') && random() < share,
    );
    const { least, most } = incident?.kind === 'endpoint slow' ? SLOW_ANSWER : ANSWER;
    // The request travels for half of the time, and the answer for the other half.
    const travel = (least + (most - least) * random()) / 2;
    await passing(time, travel, signal);
    const refusal = incident === undefined ? undefined : await refuse(incident, signal);
    if (refusal !== undefined) return refusal;
    const generation = Number(new URLSearchParams(String(init?.body)).get('client_secret'));
    const answer = isAccepted(generation, faults.rotations, time.now())
      ? grant()
      : Response.json({ error: 'invalid_client' }, { status: 401 });
    await passing(time, travel, signal);
    return answer;
  };
  return {
    fetch: fetch as typeof globalThis.fetch,
    requests: () => requests,
    endOf: (accessToken) => ends.get(accessToken) ?? 0,
    revoke,
  };
}

/** The answer of an endpoint that fails. Undefined if it works. */
async function refuse({ kind, retryAfter }: Incident, signal?: AbortSignal): Promise<Response | undefined> {
  switch (kind) {
    case 'endpoint refused':
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
    case 'endpoint hanging':
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
    case 'endpoint failing':
      return new Response(null, { status: 503 });
    case 'endpoint rate-limited':
      return new Response(null, {
        status: 429,
        headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
      });
    default:
      return undefined;
  }
}

/** Whether the endpoint accepts the credentials of a generation: 0 before the first rotation. */
export function isAccepted(generation: number, rotations: readonly Rotation[], now: number): boolean {
  const begins = rotations[generation - 1]?.newAcceptedFrom ?? Number.NEGATIVE_INFINITY;
  const ends = rotations[generation]?.formerAcceptedUntil ?? Number.POSITIVE_INFINITY;
  return begins <= now && now < ends;
}

/** Lets time pass, or rejects when the signal aborts. */
function passing(time: VirtualTime, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal === undefined) return time.sleep(milliseconds);
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
    time.at(time.now() + milliseconds, resolve);
  });
}
