import { describe, expect, test, vi } from 'vitest';
import { startAuthorizationServer } from '../../local/authorization-server.ts';
import { startGuardedApi } from '../../local/guarded-api.ts';

describe('the authorization server', () => {
  const ask = (tokenUrl: string, clientSecret: string) =>
    fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'local-client',
        client_secret: clientSecret,
        grant_type: 'client_credentials',
      }),
    });

  test('answers like Spotnana, guards an API, and prints nothing', async () => {
    const console = [
      vi.spyOn(globalThis.console, 'warn'),
      vi.spyOn(globalThis.console, 'error'),
      vi.spyOn(globalThis.console, 'info'),
    ];
    const server = await startAuthorizationServer({ tokenLifetime: 3600 });
    const api = await startGuardedApi(server.isActive);
    const call = async (token: string) =>
      (await fetch(api.url, { headers: { authorization: `Bearer ${token}` } })).status;

    const answer = (await (await ask(server.tokenUrl, server.clientSecret)).json()) as Record<
      string,
      unknown
    >;
    expect(answer).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: 'Bearer' });
    const token = String(answer.access_token);
    expect(await call(token)).toBe(200);
    expect(await call('another')).toBe(401);
    server.revokeAll();
    expect(await call(token)).toBe(401);

    for (const spy of console) expect(spy).not.toHaveBeenCalled();
    await Promise.all([server.stop(), api.stop()]);
  });

  test('rejects a token as soon as it expires', async () => {
    const server = await startAuthorizationServer({ tokenLifetime: 1 });
    const answer = await ask(server.tokenUrl, server.clientSecret);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(await server.isActive(token)).toBe(true);
    vi.setSystemTime(Date.now() + 1_500);
    expect(await server.isActive(token)).toBe(false);
    vi.useRealTimers();
    await server.stop();
  });

  test('rejects the former secret after a rotation, limits on demand, and restarts on its port', async () => {
    const server = await startAuthorizationServer();
    const before = server.clientSecret;
    server.rotateClientSecret();
    expect((await ask(server.tokenUrl, before)).status).toBe(401);
    server.rateLimited = true;
    expect((await ask(server.tokenUrl, server.clientSecret)).status).toBe(429);
    server.rateLimited = false;
    await server.stop();
    await expect(ask(server.tokenUrl, server.clientSecret)).rejects.toThrow();
    await server.start();
    expect((await ask(server.tokenUrl, server.clientSecret)).status).toBe(200);
    await server.stop();
  });
});
