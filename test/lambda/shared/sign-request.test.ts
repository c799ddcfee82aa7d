import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { signRequest, type UnsignedRequest } from '../../../lambda/shared/sign-request.ts';

/** The hash that the SDK's signer needs. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

/** The headers of the same request, signed by the SDK. */
async function signedBySdk(
  { service, region, host, path, headers, body }: UnsignedRequest,
  credentials: Parameters<typeof signRequest>[1],
  date: Date,
): Promise<Record<string, string>> {
  const { sessionToken, ...rest } = credentials;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
    credentials: sessionToken === undefined ? rest : { ...rest, sessionToken },
  });
  const request = { method: 'POST', protocol: 'https:', hostname: host, path, query: {} };
  const signed = await signer.sign(
    { ...request, headers: { ...headers, host }, body },
    { signingDate: date },
  );
  return signed.headers;
}

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const segment = fc.oneof(word, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }));
const header = fc.stringMatching(/^[!-~ \t]{0,20}$/);
const arguments_ = fc.record({
  request: fc.record({
    service: fc.constantFrom('ssm', 'lambda'),
    region: word,
    host: fc.constantFrom('ssm.us-east-1.amazonaws.com', 'localhost:4566'),
    path: fc.array(segment, { maxLength: 4 }).map(
      (segments) =>
        `/${segments
          .filter((one) => !/^\.+$/.test(one))
          .map(encodeURIComponent)
          .join('/')}`,
    ),
    headers: fc.record({ 'content-type': header, 'x-amz-target': header, 'x-amz-other': header }),
    body: fc.string({ unit: 'grapheme' }),
  }),
  credentials: fc.record({
    accessKeyId: word,
    secretAccessKey: fc.string({ unit: 'grapheme', minLength: 1 }),
    sessionToken: fc.option(word, { nil: undefined }),
  }),
  date: fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }),
});

test('a request has the signature that the SDK gives it', async () => {
  await fc.assert(
    fc.asyncProperty(arguments_, async ({ request, credentials, date }) => {
      const signed = signRequest(request, credentials, date);
      expect(signed).toEqual(await signedBySdk(request, credentials, date));
    }),
    { numRuns: 300 },
  );
});

test('the path of a function ARN and reserved characters are signed as the SDK does', async () => {
  const request = {
    ...{ service: 'lambda', region: 'eu-west-1', host: 'lambda.eu-west-1.amazonaws.com' },
    path: `/2015-03-31/functions/${encodeURIComponent("arn:aws:lambda:eu-west-1:1:function:a!'()*b")}/invocations`,
    headers: { 'content-type': 'application/json' },
    body: '{}',
  };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'session' };
  const date = new Date('2026-01-02T03:04:05.678Z');
  const signed = signRequest(request, credentials, date);
  expect(signed).toEqual(await signedBySdk(request, credentials, date));
  expect(signed['x-amz-date']).toBe('20260102T030405Z');
});
