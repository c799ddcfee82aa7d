import type { LocalSystem } from './system.ts';

/** What each key does, as the screen says it. */
export const KEYS = {
  d: 'authorization server down / up',
  l: 'rate limit (429) on / off',
  r: 'revoke the token',
  c: 'rotate the credentials',
  f: 'force a refresh',
  q: 'quit',
} as const;

/** What the keys do, but for `q`. Each notes what was done. */
export function createKeys(
  { authorizationServer, putCredentials }: Pick<LocalSystem, 'authorizationServer' | 'putCredentials'>,
  { note, run }: { note: (text: string) => void; run: (event: object, cause: string) => Promise<void> },
): Readonly<Record<Exclude<keyof typeof KEYS, 'q'>, () => Promise<void>>> {
  return {
    async d() {
      const wasUp = authorizationServer.up;
      await (wasUp ? authorizationServer.stop() : authorizationServer.start());
      note(`you: authorization server ${wasUp ? 'down' : 'up'}`);
    },
    async l() {
      authorizationServer.rateLimited = !authorizationServer.rateLimited;
      note(`you: rate limit ${authorizationServer.rateLimited ? 'on' : 'off'}`);
    },
    async r() {
      authorizationServer.revokeAll();
      note('you: token revoked');
    },
    async c() {
      authorizationServer.rotateClientSecret();
      await putCredentials();
      note('you: credentials rotated');
    },
    f: () => run({ force: true }, 'you'),
  };
}
