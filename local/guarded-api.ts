import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export interface GuardedApi extends LoopbackServer {
  /** Calls received. */
  readonly calls: number;
  /** Calls answered with 401. */
  readonly refused: number;
}

const TRIPS = { trips: [{ id: 'T-1001', from: 'SFO', to: 'BLR', departs: '2031-03-04T21:15:00-08:00' }] };

/**
 * An API on a loopback port. It answers every path with 200 for an active bearer token, and with 401 otherwise (RFC 6750
 * section 3). If `isActive` fails, it answers with 503.
 */
export async function startGuardedApi(
  isActive: (accessToken: string) => Promise<boolean>,
): Promise<GuardedApi> {
  const statusFor = async (authorization: string | undefined): Promise<200 | 401 | 503> => {
    const accessToken = bearerToken(authorization);
    if (accessToken === undefined) return 401;
    try {
      return (await isActive(accessToken)) ? 200 : 401;
    } catch {
      return 503;
    }
  };
  const server = await startLoopbackServer(async (request, response) => {
    api.calls += 1;
    const status = await statusFor(request.headers.authorization);
    if (status === 401) {
      api.refused += 1;
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    }
    if (status !== 200) return void response.writeHead(status).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(TRIPS));
  });
  const api = { ...server, calls: 0, refused: 0 };
  return api;
}

/** The scheme's name is case-insensitive (RFC 9110 section 11.1). */
function bearerToken(authorization = ''): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
}
