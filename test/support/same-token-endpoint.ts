import type { Clock } from '../../lambda/shared/clock.ts';

/** How an endpoint grants the same token until it expires. */
export interface SameTokenKind {
  /** Whether `expires_in` is what is left of the token, or always its whole lifetime. */
  readonly expiresIn: 'shrinking' | 'constant';
  /** `re-signed` is a JWT whose text differs in each answer, with the same `exp`. */
  readonly token: 'opaque' | 'JWT' | 're-signed JWT';
  /** Seconds before expiry from which the endpoint grants the next token: 0 (WSO2), 30 (Camunda). */
  readonly grantsEarly: 0 | 30;
}

export const SAME_TOKEN_KINDS: readonly SameTokenKind[] = (['shrinking', 'constant'] as const).flatMap(
  (expiresIn) =>
    (['opaque', 'JWT', 're-signed JWT'] as const).flatMap((token) =>
      ([0, 30] as const).map((grantsEarly) => ({ expiresIn, token, grantsEarly })),
    ),
);

export interface SameTokenEndpoint {
  readonly fetch: typeof globalThis.fetch;
  /** Unix times in milliseconds of the requests. */
  readonly requests: readonly number[];
  /** Unix time in milliseconds at which an access token ends. */
  endOf(accessToken: string): number | undefined;
  /** Ends the current token now, as a revocation does. */
  revoke(): void;
  /** Answers instead of a grant, if it returns something. The signal aborts at the time limit of the request. */
  fault: (signal: AbortSignal) => Response | undefined | Promise<Response | undefined>;
}

interface IssuedToken {
  readonly serial: number;
  readonly issuedAt: number;
  readonly endsAt: number;
}

/** A token endpoint in simulated time. An answer takes 100 to 400 milliseconds. */
export function createSameTokenEndpoint(
  { expiresIn, token: format, grantsEarly }: SameTokenKind,
  {
    lifetime,
    livesFor = lifetime,
    clock,
    random,
  }: {
    /** Seconds, as the endpoint says. */
    readonly lifetime: number;
    /** Seconds. Default: as the endpoint says. */
    readonly livesFor?: number | undefined;
    readonly clock: Clock;
    readonly random: () => number;
  },
): SameTokenEndpoint {
  const requests: number[] = [];
  const ends = new Map<string, number>();
  let current: IssuedToken | undefined;
  const issue = (): IssuedToken => {
    const now = clock.now();
    // A JWT ends at a whole second.
    const issuedAt = format === 'opaque' ? now : Math.floor(now / 1_000) * 1_000;
    return { serial: (current?.serial ?? 0) + 1, issuedAt, endsAt: issuedAt + livesFor * 1_000 };
  };
  const textOf = ({ serial, issuedAt, endsAt }: IssuedToken): string => {
    if (format === 'opaque') return `opaque-${serial}`;
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const jti = format === 'JWT' ? serial : `${serial}-${requests.length}`;
    const payload = { iat: issuedAt / 1_000, exp: endsAt / 1_000, jti };
    return `${encode({ alg: 'RS256' })}.${encode(payload)}.signature`;
  };
  const endpoint: SameTokenEndpoint = {
    requests,
    endOf: (accessToken) => ends.get(accessToken),
    revoke: () => {
      if (current === undefined) return;
      for (const [text, end] of ends) ends.set(text, Math.min(end, clock.now()));
      current = { ...current, endsAt: clock.now() };
    },
    fault: () => undefined,
    fetch: async (_url, init) => {
      requests.push(clock.now());
      const travel = 50 + 150 * random();
      await clock.sleep(travel);
      const fault = await endpoint.fault(init?.signal as AbortSignal);
      if (fault !== undefined) return fault;
      if (current === undefined || clock.now() >= current.endsAt - grantsEarly * 1_000) current = issue();
      const access_token = textOf(current);
      ends.set(access_token, current.endsAt);
      const left = Math.floor((current.endsAt - clock.now()) / 1_000);
      const answer = {
        access_token,
        expires_in: expiresIn === 'shrinking' ? left : lifetime,
        token_type: 'Bearer',
      };
      await clock.sleep(travel);
      return Response.json(answer);
    },
  };
  return endpoint;
}
