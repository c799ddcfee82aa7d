import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** An API that takes any active token and refuses everything else, as RFC 6750 section 3 has it. */
export async function startGuardedApi(
  isActive: (accessToken: string) => Promise<boolean>,
): Promise<LoopbackServer> {
  return startLoopbackServer((request, response) => {
    const accessToken = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const decided = accessToken === undefined ? Promise.resolve(false) : isActive(accessToken);
    void decided
      .catch(() => false)
      .then((active) => {
        if (active) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ trips: [{ id: 'T-1001', from: 'SFO', to: 'BLR' }] }));
        } else {
          response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' });
          response.end();
        }
      });
  });
}
