import { LOCAL_POLICY, type LocalSystem } from './local-system.ts';
import type { Cause } from './runs.ts';

/** The keys: what each does, and what it shows. */
export const KEYS = {
  r: ['revoke all tokens', 'Reader: one retry. Naive: fails until its token ends.'],
  d: ['server down/up', 'Reader: a minute or more left. Naive: perhaps none.'],
  l: ['rate limit on/off', 'The refresher backs off. The naive one does not.'],
  c: ['rotate credentials', 'The next check mints with the new ones.'],
  f: ['force a refresh', 'A new token, at once.'],
  q: ['quit', ''],
} as const;

/** Seconds. The refresher keeps a rejected token in the first tenth of its lifetime. */
const LEAST_AGE = LOCAL_POLICY.tokenLifetime / 10;

export interface KeyTools {
  readonly log: (text: string) => void;
  /** Runs the refresher. */
  readonly run: (event: object, cause: Cause) => Promise<unknown>;
  /** Seconds that the stored token is valid for. Undefined if none is stored. */
  readonly secondsLeft: () => number | undefined;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export type Keys = Readonly<Record<Exclude<keyof typeof KEYS, 'q'>, () => Promise<void>>>;

/** The actions of all keys except `q`. Each logs what it did. */
export function createKeys(
  { authorizationServer, putCredentials }: Pick<LocalSystem, 'authorizationServer' | 'putCredentials'>,
  { log, run, secondsLeft, sleep }: KeyTools,
): Keys {
  return {
    async r() {
      const wait = LEAST_AGE - LOCAL_POLICY.tokenLifetime + (secondsLeft() ?? 0);
      if (wait > 0) {
        log(`you: revoking all tokens in ${wait} s, when they are old enough to replace`);
        await sleep(wait * 1_000);
      }
      authorizationServer.revokeAll();
      log('you: all tokens revoked');
    },
    async d() {
      const wasUp = authorizationServer.isUp();
      await (wasUp ? authorizationServer.stop() : authorizationServer.start());
      log(`you: authorization server ${wasUp ? 'down' : 'up'}`);
    },
    async l() {
      authorizationServer.rateLimited = !authorizationServer.rateLimited;
      log(`you: rate limit ${authorizationServer.rateLimited ? 'on' : 'off'}`);
    },
    async c() {
      authorizationServer.rotateClientSecret();
      await putCredentials();
      log('you: credentials rotated');
    },
    async f() {
      await run({ force: true }, 'you');
    },
  };
}
