import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../lambda/shared/refresh-error.ts';
import type { InvocationResult } from '../../../local/function-runtime.ts';
import {
  type CertificateAndKey,
  createCertificateAuthority,
  createSelfSigned,
} from '../../support/certificates.ts';
import { confidential } from '../../support/confidential.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { type Answer, grant, startTokenEndpoint } from '../../support/token-endpoint.ts';

let refresher: TestRefresher;
/** The token that is stored before each test. A refused answer must leave it unchanged. */
let storedBefore: Awaited<ReturnType<TestRefresher['stored']>>;

const newToken = () => confidential(`token-${randomUUID()}`);
const outcomeOf = (answer: InvocationResult): string => (answer.ok ? 'ok' : codeOf(answer.errorMessage));
const force = () => refresher.invoke({ force: true });

beforeAll(async () => {
  refresher = await startRefresher();
  await refresher.putSecret(credentials(newClientSecret()));
  refresher.endpoint.answer(grant(newToken()));
  await force();
  storedBefore = await refresher.stored();
});
afterAll(() => refresher.close());
beforeEach(() => refresher.endpoint.forgetRequests());

/** Compares without `expect`, whose message would show the tokens. */
const isUntouched = async () => isDeepStrictEqual(await refresher.stored(), storedBefore);

const expectRefused = async (code: string, answer: Answer): Promise<void> => {
  refresher.endpoint.answer(answer);
  expect(outcomeOf(await force())).toBe(code);
  expect(await isUntouched()).toBe(true);
};

describe('a redirect', () => {
  test.for([301, 302, 303, 307, 308])(
    'with status %i is not followed, neither to the same host nor to another',
    async (status) => {
      const other = await startTokenEndpoint();
      other.answer(grant(newToken()));
      for (const location of ['/elsewhere', other.tokenUrl]) {
        refresher.endpoint.forgetRequests();
        await expectRefused('RESPONSE_INVALID', { status, headers: { location } });
        expect(refresher.endpoint.requests.map(({ path }) => path)).toEqual(['/']);
      }
      expect(other.requests).toEqual([]);
      await other.close();
    },
  );
});

describe('a body that would be a valid grant if it were read to its end', () => {
  const MB = 1024 * 1024;
  const padding = Buffer.alloc(MB, ' ');
  const head = () => JSON.stringify(grant(newToken()).body).slice(0, -1);
  let sent = 0;
  /** 200 MB of JSON, nearly all of it white space. */
  function* endless200MB(): Generator<Buffer | string> {
    yield head();
    for (let count = 0; count < 200; count += 1) {
      yield padding;
      sent += MB;
    }
    yield '}';
  }
  /** A gzip stream may have any number of members. Each of these unpacks to a thousand times its size. */
  const gzipBomb = (): Buffer[] => [gzipSync(head()), ...Array(200).fill(gzipSync(padding)), gzipSync('}')];
  const packed = (pack: (text: Buffer) => Buffer) => [
    pack(Buffer.concat([Buffer.from(head()), ...Array(16).fill(padding), Buffer.from('}')])),
  ];
  const fastBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

  test('is not read beyond the size limit', async () => {
    sent = 0;
    await expectRefused('RESPONSE_INVALID', { headers: {}, parts: endless200MB() });
    // The sockets buffer some of it.
    expect(sent).toBeLessThan(20 * MB);
  });

  test.for<[string, () => Buffer[]]>([
    ['gzip', gzipBomb],
    ['deflate', () => packed((text) => deflateSync(text))],
    ['br', () => packed((text) => brotliCompressSync(text, fastBrotli))],
  ])('is not unpacked beyond the size limit, with %s', async ([encoding, parts]) => {
    await expectRefused('RESPONSE_INVALID', { headers: { 'content-encoding': encoding }, parts: parts() });
  });

  test('is accepted in every encoding if it is small', async () => {
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const) {
      const body = pack(JSON.stringify(grant(newToken()).body));
      refresher.endpoint.answer({ headers: { 'content-encoding': encoding }, parts: [body] });
      expect((await force()).ok).toBe(true);
    }
    storedBefore = await refresher.stored();
  });
});

describe('an unusual answer', () => {
  const contentTypes = [
    'text/html',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    '',
  ];

  test.for(contentTypes)('is judged by its body, not by its content type "%s"', async (contentType) => {
    const headers = { 'content-type': contentType };
    for (const body of ['<html>', 'access_token=t&expires_in=3600&token_type=Bearer', 'grant({})', ''])
      await expectRefused('RESPONSE_INVALID', { headers, body });
    refresher.endpoint.answer({ ...grant(newToken()), headers });
    expect((await force()).ok).toBe(true);
    storedBefore = await refresher.stored();
  });

  const text = (json: string): Answer => ({ body: json });
  const good = '"access_token":"t","token_type":"Bearer","expires_in":3600';
  test.for<[string, Answer]>([
    ['a byte order mark and no JSON', text('\ufeff<html>')],
    ['a grant in an array', text(`[{${good}}]`)],
    ['a grant in a string', text(JSON.stringify(`{${good}}`))],
    ['a grant that is cut off', text(`{${good}`)],
    ['two grants', text(`{${good}}{${good}}`)],
    ['a grant as the prototype', text(`{"__proto__":{${good}}}`)],
    ['a grant in constructor.prototype', text(`{"constructor":{"prototype":{${good}}}}`)],
    [
      'an expires_in as the prototype',
      text(`{"access_token":"t","token_type":"Bearer","__proto__":{"expires_in":1}}`),
    ],
    ['expires_in NaN', text(`{${good.replace('3600', 'NaN')}}`)],
    ['expires_in 1e400', text(`{${good.replace('3600', '1e400')}}`)],
    ['expires_in -1', grant('t', { expires_in: -1 })],
    ['expires_in 0', grant('t', { expires_in: 0 })],
    ['expires_in 0.5', grant('t', { expires_in: 0.5 })],
    ['expires_in null', grant('t', { expires_in: null })],
    ['expires_in [3600]', grant('t', { expires_in: [3600] })],
    ['a carriage return in the token', grant('a\rb')],
    ['a header in the token', grant('a\r\nx-injected: b')],
    ['a NUL in the token', grant('a\u0000b')],
    ['a space in the token', grant('a b')],
    ['a DEL in the token', grant('a\u007fb')],
    ['an umlaut in the token', grant('tökén')],
    ['an emoji in the token', grant('🔑')],
    ['a token that is an object', grant('', { access_token: { toString: 't' } })],
  ])('is refused: %s', ([, answer]) => expectRefused('RESPONSE_INVALID', answer));

  test('that repeats a key counts with the last value, for the token and its lifetime', async () => {
    const token = newToken();
    refresher.endpoint.answer(
      text(`{"access_token":"first","expires_in":60,${good.replace('"t"', JSON.stringify(token))}}`),
    );
    expect((await force()).ok).toBe(true);
    const { access_token, expires_at, issued_at } = await refresher.record();
    expect(access_token === token).toBe(true);
    expect(expires_at - issued_at).toBe(3600);
    storedBefore = await refresher.stored();
  });

  test('with a lifetime of a year is stored for 30 days, with a warning', async () => {
    refresher.endpoint.answer(grant(newToken(), { expires_in: 365 * 86_400 }));
    expect((await force()).ok).toBe(true);
    const { expires_at, issued_at } = await refresher.record();
    expect(expires_at - issued_at).toBe(30 * 86_400);
    expect(refresher.fn.output.filter((line) => /"level":"WARN".*30 days/.test(line))).toHaveLength(1);
    storedBefore = await refresher.stored();
  });
});

describe('over TLS, the refresher', () => {
  const authorityFile = join(tmpdir(), `token-refresher-ca-${randomUUID()}.pem`);
  let trusted: Awaited<ReturnType<typeof createCertificateAuthority>>;
  beforeAll(async () => {
    trusted = await createCertificateAuthority();
    await writeFile(authorityFile, trusted.cert);
  });
  afterAll(() => rm(authorityFile, { force: true }));

  const certificates: [string, string, () => Promise<CertificateAndKey>, string | undefined][] = [
    ['accepts', 'the right name from a trusted authority', () => trusted.issue('localhost'), undefined],
    ['refuses', 'another name', () => trusted.issue('auth.example.com'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'refuses',
      'the right name that has expired',
      () => trusted.issue('localhost', { expired: true }),
      'CERT_HAS_EXPIRED',
    ],
    [
      'refuses',
      'the right name that is self-signed',
      () => createSelfSigned('localhost'),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    [
      'refuses',
      'the right name from an unknown authority',
      async () => (await createCertificateAuthority()).issue('localhost'),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
  ];

  test.for(certificates)('%s a certificate for %s', async ([, , issue, reason]) => {
    const { server, received, url } = await startTlsEndpoint(await issue(), grant(newToken()).body);
    await refresher.restart({ TOKEN_URL: url, NODE_EXTRA_CA_CERTS: authorityFile });
    const answer = await force();
    if (reason === undefined) {
      expect(answer.ok).toBe(true);
      storedBefore = await refresher.stored();
    } else {
      expect(outcomeOf(answer)).toBe('ENDPOINT_UNAVAILABLE');
      expect(refresher.fn.output.join('\n')).toContain(`"reason":"${reason}"`);
      expect(await isUntouched()).toBe(true);
    }
    // The client secret is not sent to a server whose certificate is refused.
    expect(received()).toBe(reason === undefined ? 1 : 0);
    server.closeAllConnections();
    server.close();
  });
});

async function startTlsEndpoint(
  { cert, key }: CertificateAndKey,
  body: unknown,
): Promise<{ server: Server; url: string; received: () => number }> {
  let requests = 0;
  const server = createServer({ cert, key }, (_request, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `https://localhost:${port}/`, received: () => requests };
}
