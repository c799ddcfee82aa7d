import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TokenUnavailableError } from '../../../lambda/reader/token-reader.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import type { FunctionHandler } from '../../../local/embedded-cloud/invoke.ts';
import { awsClients } from '../../support/client.ts';
import { type RecordingApi, startRecordingApi } from '../../support/recording-api.ts';
import { createStoredParameter, type StoredParameter, THROTTLED } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;
let api: RecordingApi;
let refresh: FunctionHandler;
let accepted: string;

beforeEach(async () => {
  parameter = await createStoredParameter({ functions: { refresher: (event) => refresh(event) } });
  api = await startRecordingApi(({ authorization, path }, response) => {
    if (path.startsWith('/to/')) return void response.writeHead(307, { location: path.slice(4) }).end();
    const status = authorization === `Bearer ${accepted}` ? 200 : 401;
    response.writeHead(status).end(`status ${status}`);
  });
  accepted = 'second';
  await parameter.put('first');
  // What the refresher does when the rejected token is the stored one.
  refresh = async () => {
    await parameter.put('second');
    return { outcome: 'minted', reason: 'rejected' };
  };
});
afterEach(async () => {
  await Promise.all([parameter.close(), api.stop()]);
});

const reader = (options: Parameters<StoredParameter['reader']>[0] = {}) => {
  const { lambda } = awsClients(parameter.cloud.url);
  return parameter.reader({ lambda, refresherFunctionName: 'refresher', ...options });
};
const reports = () => parameter.cloud.calls.filter(({ service }) => service === 'lambda');
const sent = () => api.calls.map(({ authorization }) => authorization);
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('fetch', () => {
  test('adds the header and leaves the rest of the request as it is', async () => {
    accepted = 'first';
    const headers = { 'content-type': 'text/plain' };
    const response = await reader().fetch(`${api.url}/a?b=c`, { method: 'PUT', body: 'text', headers });
    expect(response.status).toBe(200);
    expect(api.calls).toEqual([
      { method: 'PUT', path: '/a?b=c', authorization: 'Bearer first', body: 'text' },
    ]);
    expect(headers).toEqual({ 'content-type': 'text/plain' });
  });

  test('accepts a URL or a Request, with the headers of either', async () => {
    accepted = 'first';
    const seen: Headers[] = [];
    const client = reader({
      fetch: async (input, init) => {
        seen.push(new Headers(init?.headers));
        return fetch(input, init);
      },
    });
    const request = new Request(`${api.url}/r`, {
      method: 'POST',
      body: 'r',
      headers: { 'x-from': 'request' },
    });
    expect((await client.fetch(new URL(api.url))).status).toBe(200);
    expect((await client.fetch(request)).status).toBe(200);
    expect(api.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/', ''],
      ['POST', '/r', 'r'],
    ]);
    expect(seen[1]?.get('x-from')).toBe('request');
  });

  test.for<[string, () => RequestInit]>([
    [
      'a Request',
      () => new Request(api.url, { method: 'POST', body: 'r', headers: { 'x-from': 'request' } }),
    ],
    ['an object that inherits its fields', () => Object.create({ method: 'PUT', body: 'inherited' })],
    ['an object with fields of its own', () => ({ method: 'PATCH', body: 'own' })],
  ])('sends %s as the second argument in the same way as the global fetch', async ([, init]) => {
    accepted = 'first';
    await fetch(api.url, init());
    await reader().fetch(api.url, init());
    expect(api.calls[1]).toEqual({ ...api.calls[0], authorization: 'Bearer first' });
  });

  test('passes on every field of the second argument that fetch knows, and others that it has itself', async () => {
    const known = {
      ...{ method: 'PUT', body: 'b', referrer: 'r', referrerPolicy: 'origin', mode: 'cors', cache: 'reload' },
      ...{ credentials: 'omit', redirect: 'error', integrity: 'i', keepalive: true, duplex: 'half' },
      ...{ priority: 'low', window: null, dispatcher: {}, signal: new AbortController().signal },
    };
    const sendOne = vi.fn<typeof fetch>(async () => new Response());
    const init = Object.assign(Object.create({ ...known, headers: { 'x-a': 'b' }, unknown: 1 }), {
      agent: 2,
    });
    await reader({ fetch: sendOne }).fetch(api.url, init);
    const [, { headers, ...rest } = {}] = sendOne.mock.calls[0] ?? [];
    expect(rest).toEqual({ ...known, agent: 2 });
    expect(Object.fromEntries(new Headers(headers))).toEqual({ 'x-a': 'b', authorization: 'Bearer first' });
  });

  test('sends each request with headers of its own, and with nothing else that was not given', async () => {
    const seen: RequestInit[] = [];
    const client = reader({
      fetch: async (_input, init = {}) => {
        seen.push(init);
        return new Response(null, { status: 401 });
      },
    });
    await client.fetch(api.url);
    expect(seen).toStrictEqual([
      { headers: new Headers({ authorization: 'Bearer first' }) },
      { headers: new Headers({ authorization: 'Bearer second' }) },
    ]);
  });

  test('works with a fetch that has classes of its own', async () => {
    // The body of an answer is not a web stream in node-fetch.
    const answers = [
      { status: 401, body: { destroy() {} } },
      { status: 200, body: null },
    ] as unknown as Response[];
    const sendOne = vi.fn<typeof fetch>(async () => answers.shift() as Response);
    const other = { url: api.url, method: 'GET', headers: [['x-from', 'other']], body: null };
    const response = await reader({ fetch: sendOne }).fetch(other as unknown as Request);
    expect(response.status).toBe(200);
    const received = sendOne.mock.calls.map(([input, init]) => [
      input,
      new Headers(init?.headers).get('x-from'),
    ]);
    expect(received).toEqual([
      [other, 'other'],
      [other, 'other'],
    ]);
  });

  test('does not send the body of another class of Request twice', async () => {
    const sendOne = vi.fn<typeof fetch>(async () => new Response(null, { status: 401 }));
    const other = { url: api.url, method: 'POST', headers: [], body: {} } as unknown as Request;
    expect((await reader({ fetch: sendOne }).fetch(other)).status).toBe(401);
    expect(sendOne).toHaveBeenCalledOnce();
  });

  test('waits with the signal of the Request, unless the second argument has another or none', async () => {
    const aborted = new Request(api.url, { signal: AbortSignal.abort(new Error('gone')) });
    const fetched = (init?: RequestInit) =>
      reader({ fetch: async () => new Response('sent') })
        .fetch(aborted, init)
        .then(
          ({ status }) => status,
          ({ message }: Error) => message,
        );
    expect(await fetched()).toBe('gone');
    expect(await fetched({ signal: AbortSignal.abort(new Error('stop')) })).toBe('stop');
    expect(await fetched({ signal: new AbortController().signal })).toBe(200);
    expect(await fetched({ signal: null })).toBe(200);
  });

  test('reports a rejected token by its SHA-256 and sends the request again with the new token', async () => {
    const response = await reader().fetch(api.url, { method: 'POST', body: 'order' });
    expect(await response.text()).toBe('status 200');
    expect(sent()).toEqual(['Bearer first', 'Bearer second']);
    expect(api.calls.map(({ body }) => body)).toEqual(['order', 'order']);
    expect(reports().map(({ input }) => input)).toEqual([
      { FunctionName: 'refresher', Payload: { rejected: sha256('first') } },
    ]);
    expect(parameter.time.sleeping).toBe(0);
  });

  test('reports nothing if the parameter already holds another token', async () => {
    const client = reader();
    await client.get();
    await parameter.put('second');
    expect((await client.fetch(api.url)).status).toBe(200);
    expect(reports()).toEqual([]);
  });

  test('sends a request at most twice, even if the new token is rejected too', async () => {
    accepted = 'third';
    const response = await reader().fetch(api.url);
    expect([response.status, await response.text()]).toEqual([401, 'status 401']);
    expect(sent()).toEqual(['Bearer first', 'Bearer second']);
  });

  test('shares the loads and the report between fifty callers whose token is rejected', async () => {
    const client = reader();
    const responses = await Promise.all(Array.from({ length: 50 }, () => client.fetch(api.url)));
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    await Promise.all(responses.map((response) => response.body?.cancel()));
    expect(reports()).toHaveLength(1);
    expect(parameter.reads()).toBe(3);
  });

  test('cancels the body of a 401 that it does not return', async () => {
    const refused: Response[] = [];
    const canceled = vi.fn();
    const client = reader({
      fetch: async (_input, init) => {
        if (new Headers(init?.headers).get('authorization') === 'Bearer second') return new Response('yes');
        const response = new Response(new ReadableStream({ cancel: canceled }), { status: 401 });
        refused.push(response);
        return response;
      },
    });
    expect(await (await client.fetch(api.url)).text()).toBe('yes');
    expect(refused).toHaveLength(1);
    expect(canceled).toHaveBeenCalledOnce();
  });

  test('sends the request again if the body of the 401 cannot be canceled', async () => {
    const endless = new Response(new ReadableStream({ cancel: () => new Promise(() => undefined) }), {
      status: 401,
    });
    const client = reader({
      fetch: async (_input, init) =>
        new Headers(init?.headers).get('authorization') === 'Bearer second' ? new Response('yes') : endless,
    });
    expect(await (await client.fetch(api.url)).text()).toBe('yes');
  });

  test('sends the request again if the body of the 401 has failed', async () => {
    let breakOff = () => {};
    const cut = await startRecordingApi(({ authorization }, response) => {
      if (authorization === 'Bearer second') return void response.end('yes');
      breakOff = () => response.destroy();
      response.writeHead(401, { 'content-length': '1000' }).write('par');
    });
    refresh = async () => {
      breakOff();
      await parameter.put('second');
      return { outcome: 'minted', reason: 'rejected' };
    };
    expect(await (await reader().fetch(cut.url)).text()).toBe('yes');
    await cut.stop();
  });

  test.for<[string, () => RequestInit, string]>([
    ['URLSearchParams', () => ({ body: new URLSearchParams({ a: '1' }) }), 'a=1'],
    ['a Blob', () => ({ body: new Blob(['blob']) }), 'blob'],
    ['a typed array', () => ({ body: new TextEncoder().encode('bytes') }), 'bytes'],
    ['an ArrayBuffer', () => ({ body: new TextEncoder().encode('buffer').buffer as ArrayBuffer }), 'buffer'],
  ])('sends %s again', async ([, init, body]) => {
    const response = await reader().fetch(api.url, { method: 'POST', ...init() });
    expect(response.status).toBe(200);
    expect(api.calls.map((call) => call.body)).toEqual([body, body]);
  });

  test('sends a form again', async () => {
    const body = new FormData();
    body.set('field', 'value');
    expect((await reader().fetch(api.url, { method: 'POST', body })).status).toBe(200);
    expect(api.calls.map((call) => call.body.includes('value'))).toEqual([true, true]);
  });

  const stream = () => new Blob(['streamed']).stream();
  test.for<[string, () => [Request | string, RequestInit?]]>([
    ['a stream', () => [api.url, { method: 'POST', body: stream(), duplex: 'half' } as RequestInit]],
    [
      'an async iterable',
      () => {
        const body = (async function* () {
          yield new TextEncoder().encode('streamed');
        })();
        return [api.url, { method: 'POST', body, duplex: 'half' } as unknown as RequestInit];
      },
    ],
    ["a Request's body", () => [new Request(api.url, { method: 'POST', body: 'streamed' })]],
  ])('reports the token and returns the 401 instead of sending %s twice', async ([, request]) => {
    const client = reader();
    const response = await client.fetch(...request());
    expect([response.status, await response.text()]).toEqual([401, 'status 401']);
    expect(api.calls.map(({ body }) => body)).toEqual(['streamed']);
    expect(reports()).toHaveLength(1);
    expect(await client.get()).toBe('second');
  });

  test.for<[string, RequestInit?]>([['without a body'], ['without a signal', { signal: null }]])(
    'sends a Request %s again',
    async ([, init]) => {
      expect((await reader().fetch(new Request(api.url), init)).status).toBe(200);
      expect(sent()).toEqual(['Bearer first', 'Bearer second']);
    },
  );

  test.for<[string, () => [Request | string, RequestInit?]]>([
    ['init', () => [api.url, { headers: { Authorization: 'Basic x' } }]],
    ['a Request', () => [new Request(api.url, { headers: { authorization: 'Basic x' } })]],
  ])('refuses a request that already has an Authorization header in %s', async ([, request]) => {
    await expect(reader().fetch(...request())).rejects.toThrow(
      new TypeError(
        'the request already has an Authorization header. Remove it, or send the request with the global fetch.',
      ),
    );
    expect(api.calls).toEqual([]);
  });

  test('fails as get does if there is no token', async () => {
    await parameter.putValue('{}');
    expect(await failureOf(reader().fetch(api.url))).toBeInstanceOf(TokenUnavailableError);
    expect(api.calls).toEqual([]);
  });

  test('returns every other answer and passes on network failures', async () => {
    const other = await startRecordingApi((_call, response) => void response.writeHead(403).end());
    expect((await reader().fetch(other.url)).status).toBe(403);
    await other.stop();
    expect(await failureOf(reader().fetch(other.url))).toBeInstanceOf(TypeError);
    expect(reports()).toEqual([]);
  });
});

describe('a redirect', () => {
  test('to the same origin keeps the header', async () => {
    accepted = 'first';
    expect((await reader().fetch(`${api.url}/to//target`)).status).toBe(200);
    expect(sent()).toEqual(['Bearer first', 'Bearer first']);
  });

  test('to another origin drops the header, and a 401 from there does not reject the token', async () => {
    const other = await startRecordingApi((_call, response) => void response.writeHead(401).end());
    const response = await reader().fetch(`${api.url}/to/${other.url}/target`);
    expect(response.status).toBe(401);
    expect(sent()).toEqual(['Bearer first']);
    expect(other.calls.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/target', undefined],
    ]);
    expect(reports()).toEqual([]);
    expect(parameter.reads()).toBe(1);
    await other.stop();
  });

  test.for<[string, object, boolean]>([
    ['the same origin', { redirected: true, url: 'https://api.example.com/b' }, true],
    ['another origin', { redirected: true, url: 'https://login.example.com/a' }, false],
    ['an unknown place', { redirected: true, url: '' }, false],
    ['no other place', { redirected: false, url: 'https://login.example.com/a' }, true],
  ])('to %s: a 401 rejects the token: %j', async ([, place, rejects]) => {
    const answer401 = async () => Object.assign(Object.create({ status: 401, body: null }), place);
    await reader({ fetch: answer401 }).fetch('https://api.example.com/a');
    expect(reports()).toHaveLength(rejects ? 1 : 0);
  });

  // No answer shows the places in between. Without the report, a revoked token would stay after every redirect.
  test('to another origin and back is taken for one to the same origin', async () => {
    const login = await startRecordingApi(
      (_call, response) => void response.writeHead(307, { location: `${api.url}/back` }).end(),
    );
    await reader().fetch(`${api.url}/to/${login.url}/login`);
    expect(sent()).toEqual(['Bearer first', undefined, 'Bearer second', undefined]);
    expect(reports()).toHaveLength(1);
    await login.stop();
  });
});

describe('the wait for a new token', () => {
  test('continues while another run mints, until that token is stored', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'being-replaced' });
    const fetching = reader().fetch(api.url);
    await vi.waitUntil(() => reports().length === 1);
    await parameter.time.advance(3_000);
    await parameter.put('second');
    expect((await parameter.time.until(fetching)).status).toBe(200);
  });

  test.for([undefined, 0, 25])('returns the 401 after replacementTimeout: %j', async (replacementTimeout) => {
    refresh = async () => ({ outcome: 'kept', reason: 'being-replaced' });
    const startedAt = parameter.time.now();
    const client = reader(replacementTimeout === undefined ? {} : { replacementTimeout });
    expect((await parameter.time.until(client.fetch(api.url))).status).toBe(401);
    const waited = (parameter.time.now() - startedAt) / 1_000;
    expect(waited).toBeLessThanOrEqual(replacementTimeout ?? 10);
    expect(waited).toBeGreaterThan((replacementTimeout ?? 10) - 5);
  });

  test('returns the 401 if the refresher does not answer in time', async () => {
    const hanging = Promise.withResolvers<object>();
    refresh = () => hanging.promise;
    const fetching = reader().fetch(api.url);
    await vi.waitUntil(() => reports().length === 1);
    await parameter.time.advance(10_000);
    expect((await fetching).status).toBe(401);
    hanging.resolve({});
  });

  test('goes on for later requests if replacementTimeout is 0', async () => {
    const { time } = parameter;
    const mint = refresh;
    refresh = (event) => time.sleep(1_000).then(() => mint(event));
    const client = reader({ replacementTimeout: 0 });
    const startedAt = time.now();
    expect((await time.until(client.fetch(api.url))).status).toBe(401);
    expect(time.now()).toBe(startedAt);
    await vi.waitUntil(() => reports().length === 1);
    await time.advance(1_000);
    await vi.waitUntil(() => parameter.reads() === 3);
    await time.settle();
    expect((await parameter.time.until(client.fetch(api.url))).status).toBe(200);
    expect(reports()).toHaveLength(1);
  });

  test('ends when the caller aborts', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'being-replaced' });
    const caller = new AbortController();
    const failure = failureOf(reader().fetch(api.url, { signal: caller.signal }));
    await vi.waitUntil(() => reports().length === 1);
    await parameter.time.settle();
    caller.abort(new Error('gone'));
    expect(await failure).toMatchObject({ message: 'gone' });
  });

  test('reports nothing until Parameter Store stops throttling', async () => {
    const client = reader();
    await client.get();
    const restore = parameter.fail(THROTTLED);
    const fetching = client.fetch(api.url);
    await vi.waitUntil(() => parameter.reads() === 2);
    await parameter.time.advance(4_000);
    expect(reports()).toEqual([]);
    restore();
    expect((await parameter.time.until(fetching)).status).toBe(200);
    expect(reports()).toHaveLength(1);
  });

  test('never returns an expired token', async () => {
    refresh = async () => {
      await parameter.put('second', { issued_at: 1_799_990_000 });
      return { outcome: 'minted', reason: 'rejected' };
    };
    expect((await parameter.time.until(reader().fetch(api.url))).status).toBe(401);
    expect(sent()).toEqual(['Bearer first']);
  });

  test.for(['just-minted', 'same-token'])(
    'does not begin if the refresher keeps the token for the reason %s',
    async (reason) => {
      refresh = async () => ({ outcome: 'kept', reason });
      const startedAt = parameter.time.now();
      expect((await reader().fetch(api.url)).status).toBe(401);
      expect(parameter.time.now()).toBe(startedAt);
    },
  );

  test('begins again at once if the clock was set back after a wait without a result', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    let offset = 0;
    const client = reader({ now: () => parameter.time.now() + offset });
    await parameter.time.until(client.fetch(api.url));
    offset = -600_000;
    refresh = async () => {
      await parameter.put('second');
      return { outcome: 'minted', reason: 'rejected' };
    };
    expect((await parameter.time.until(client.fetch(api.url))).status).toBe(200);
  });

  test('ends if the clock is set back, and makes no more reads', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'being-replaced' });
    let offset = 0;
    const client = reader({ now: () => parameter.time.now() + offset });
    const fetching = client.fetch(api.url);
    await vi.waitUntil(() => reports().length === 1);
    await parameter.time.advance(2_000);
    offset = -600_000;
    expect((await parameter.time.until(fetching)).status).toBe(401);
    await parameter.time.advance(10_000);
    const before = parameter.reads();
    await parameter.time.advance(500_000);
    expect(parameter.reads()).toBe(before);
  });

  test('does not begin if the refresher is not known, although the parameter is read again', async () => {
    const client = parameter.reader();
    expect((await client.fetch(api.url)).status).toBe(401);
    expect(parameter.reads()).toBe(2);
    await parameter.put('second');
    await parameter.time.advance(2_000);
    expect((await client.fetch(api.url)).status).toBe(200);
  });

  test('does not begin, but another token is used, after many tokens in a row were rejected', async () => {
    let count = 1;
    refresh = async () => {
      count += 1;
      await parameter.put(`token-${count}`);
      return { outcome: 'minted', reason: 'rejected' };
    };
    accepted = 'none';
    const client = reader();
    for (let request = 0; request < 3; request += 1) await client.fetch(api.url);
    expect(reports()).toHaveLength(2);
    accepted = 'other';
    await parameter.put('other');
    await parameter.time.advance(2_000);
    expect((await client.fetch(api.url)).status).toBe(200);
    expect(reports()).toHaveLength(2);
  });

  test('is not repeated for each request to an API that rejects every token', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    const client = reader();
    for (let second = 0; second < 600; second += 1) {
      expect((await parameter.time.until(client.fetch(api.url))).status).toBe(401);
      await parameter.time.advance(1_000);
    }
    expect(reports().length).toBeLessThan(20);
    expect(parameter.reads()).toBeLessThan(60);
    expect(api.calls).toHaveLength(600);
  });

  test.for<[string, FunctionHandler | undefined, string]>([
    [
      'has failed',
      async () => {
        throw new Error('ENDPOINT_UNAVAILABLE: secret-value');
      },
      'ENDPOINT_UNAVAILABLE',
    ],
    ['does not exist', undefined, 'ResourceNotFoundException'],
  ])('returns the 401 and emits a warning if the refresher %s', async ([, handler, shown]) => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    if (handler !== undefined) refresh = handler;
    const client = reader(handler === undefined ? { refresherFunctionName: 'absent' } : {});
    expect((await parameter.time.until(client.fetch(api.url))).status).toBe(401);
    expect(warnings).toHaveBeenCalledOnce();
    const [warning] = warnings.mock.calls[0] ?? [];
    expect(warning).toBeInstanceOf(TokenUnavailableError);
    expect(String(warning)).toContain(shown);
    expect(String(warning)).not.toContain('secret-value');
  });
});

describe('reject', () => {
  test('shares one report between fifty callers, and get then returns the new token', async () => {
    const client = reader();
    const token = await client.get();
    await Promise.all(Array.from({ length: 50 }, () => client.reject(token)));
    expect(reports()).toHaveLength(1);
    expect(await client.get()).toBe('second');
  });

  test('makes get return the new token at once, even after a long fruitless look for one', async () => {
    const client = reader();
    await client.get();
    await parameter.time.advance(45 * 60_000);
    for (let second = 0; second < 400; second += 1) {
      await client.get();
      await parameter.time.advance(1_000);
    }
    await client.reject('first');
    expect(await client.get()).toBe('second');
  });

  test('makes get return the new token even if an earlier load is still under way', async () => {
    const { ssm } = awsClients(parameter.cloud.url);
    const stale = Promise.withResolvers<void>();
    let reads = 0;
    ssm.middlewareStack.add(
      (next) => async (args) => {
        reads += 1;
        const isStale = reads === 2;
        const answer = await next(args);
        if (isStale) await stale.promise;
        return answer;
      },
      { step: 'initialize' },
    );
    const client = reader({ ssm });
    await client.get();
    await parameter.time.advance(45 * 60_000);
    await client.get();
    await vi.waitUntil(() => parameter.reads() === 2);
    const rejecting = client.reject('first');
    await vi.waitUntil(() => reports().length === 1);
    await parameter.time.settle();
    stale.resolve();
    await rejecting;
    expect(await client.get()).toBe('second');
    ssm.destroy();
  });

  test.for([
    ['neither reads the parameter at once nor reports', 0.999, 2, 'first'],
    ['reads the parameter later but reports nothing', 1, 2, 'second'],
    ['reports again after ten minutes without a rejection', 600, 3, 'second'],
  ] as const)('after two reports in vain, %s', async ([, seconds, expected, token]) => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    const client = reader({ random: () => 1 });
    await client.get();
    for (let count = 0; count < 2; count += 1) await client.reject('first');
    await parameter.put('second');
    await parameter.time.advance(seconds * 1_000);
    await client.reject('first');
    expect(reports()).toHaveLength(expected);
    expect(await client.get()).toBe(token);
  });

  test('does not read the parameter each time while an API rejects every token', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    const client = reader();
    for (let second = 0; second < 600; second += 1) {
      await client.reject(await parameter.time.until(client.get()));
      await parameter.time.advance(1_000);
    }
    expect(reports().length).toBeLessThan(20);
    expect(parameter.reads()).toBeLessThan(60);
  });

  test('reads the parameter again soon after fifty callers found no other token', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    const client = reader();
    await client.get();
    await Promise.all(Array.from({ length: 50 }, () => client.reject('first')));
    await client.reject('first');
    await parameter.put('second');
    await parameter.time.advance(1_000);
    const before = parameter.reads();
    await client.reject('first');
    expect(parameter.reads()).toBe(before + 1);
  });

  test('reads the parameter after each report of a token that it replaces', async () => {
    let count = 1;
    refresh = async () => {
      count += 1;
      await parameter.put(`token-${count}`);
      return { outcome: 'minted', reason: 'rejected' };
    };
    const client = reader();
    await client.reject(await client.get());
    await client.reject(await client.get());
    expect(await client.get()).toBe('token-3');
  });

  test('of a token that was replaced always reports, and does not delay the next report', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'not-stored' });
    await parameter.put('second');
    const client = reader();
    await client.get();
    for (let count = 0; count < 3; count += 1) await client.reject('first');
    await client.reject('second');
    expect(reports()).toHaveLength(4);
  });

  test('of a token that was replaced reports during a pause too, and does not prolong the streak', async () => {
    refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
    await parameter.put('second');
    const client = reader();
    await client.get();
    for (const token of ['second', 'second', 'first']) await client.reject(token);
    expect(reports()).toHaveLength(3);
    const before = parameter.reads();
    await client.reject('second');
    expect([reports().length, parameter.reads()]).toEqual([3, before]);
    await parameter.time.advance(599_000);
    await client.reject('first');
    await parameter.time.advance(1_000);
    for (const token of ['second', 'second', 'second']) await client.reject(token);
    expect(reports()).toHaveLength(6);
  });

  test('fails if the refresher never answers, and can be called again', async () => {
    const time = new AbortController();
    const { lambda } = awsClients(parameter.cloud.url);
    let hanging = true;
    lambda.middlewareStack.add((next) => (args) => (hanging ? new Promise(() => undefined) : next(args)), {
      step: 'initialize',
    });
    const client = reader({ lambda });
    await client.get();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(time.signal);
    const failure = failureOf(client.reject('first'));
    await vi.waitUntil(() => timeout.mock.calls.length === 1);
    timeout.mockRestore();
    time.abort(new DOMException('time is up', 'TimeoutError'));
    expect(await failure).toMatchObject({ code: 'REPORT_FAILED' });
    hanging = false;
    await client.reject('first');
    expect(await client.get()).toBe('second');
  });

  test.for<[string, () => unknown, string]>([
    ['a failed run', () => parameter.cloud.intercept(() => undefined), 'CLIENT_REJECTED'],
    [
      'a denied invocation',
      () =>
        parameter.cloud.intercept(({ service }) =>
          service === 'lambda'
            ? { status: 403, type: 'AccessDeniedException', message: 'not authorized' }
            : undefined,
        ),
      'refresher.grantReport',
    ],
    [
      'a throttled invocation',
      () =>
        parameter.cloud.intercept(({ service }) =>
          service === 'lambda'
            ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
            : undefined,
        ),
      'TooManyRequestsException',
    ],
  ])('fails after %s', async ([, provoke, shown]) => {
    refresh = async () => {
      throw new Error('CLIENT_REJECTED: secret-value');
    };
    provoke();
    const failure = await failureOf(reader().reject('first'));
    expect(failure).toMatchObject({ code: 'REPORT_FAILED', retryable: true });
    expect(String(failure)).toContain(shown);
    expect(String(failure)).not.toContain('secret-value');
  });

  test('fails if the refresher is not known', async () => {
    expect(await failureOf(parameter.reader().reject('first'))).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('TOKEN_REFRESHER_FUNCTION_NAME'),
    });
  });

  test.for(['', 'with a space', undefined as unknown as string])(
    'refuses %j, which is not a token',
    async (token) => {
      const refusal = new TypeError('reject needs a token as returned by get()');
      await expect(reader().reject(token)).rejects.toThrow(refusal);
      expect(reports()).toEqual([]);
    },
  );

  test('reports with the region, credentials and function of the environment by default', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', parameter.cloud.url);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('TOKEN_REFRESHER_FUNCTION_NAME', 'refresher');
    await parameter.reader().reject('first');
    expect(reports()).toHaveLength(1);
    vi.unstubAllEnvs();
  });
});
