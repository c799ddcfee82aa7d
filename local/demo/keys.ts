import type { LocalSystem } from './local-system.ts';

/** The keys and their descriptions on the screen. */
export const KEYS = {
  d: 'authorization server down / up',
  l: 'rate limit (429) on / off',
  r: 'revoke the token',
  c: 'rotate the credentials',
  f: 'force a refresh',
  q: 'quit',
} as const;

/** The actions of all keys except `q`. Each logs what it did. */
export function createKeys(
  { authorizationServer, putCredentials }: Pick<LocalSystem, 'authorizationServer' | 'putCredentials'>,
  { log, run }: { log: (text: string) => void; run: (event: object, cause: string) => Promise<void> },
): Readonly<Record<Exclude<keyof typeof KEYS, 'q'>, () => Promise<void>>> {
  return {
    async d() {
      const wasUp = authorizationServer.isUp();
      await (wasUp ? authorizationServer.stop() : authorizationServer.start());
      log(`you: authorization server ${wasUp ? 'down' : 'up'}`);
    },
    async l() {
      authorizationServer.rateLimited = !authorizationServer.rateLimited;
      log(`you: rate limit ${authorizationServer.rateLimited ? 'on' : 'off'}`);
    },
    async r() {
      authorizationServer.revokeAll();
      log('you: token revoked');
    },
    async c() {
      authorizationServer.rotateClientSecret();
      await putCredentials();
      log('you: credentials rotated');
    },
    f: () => run({ force: true }, 'you'),
  };
}
