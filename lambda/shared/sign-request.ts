// Own code: @smithy/signature-v4 loads `node:crypto` with the module. An ES module bundle then starts in 10 ms, not 3 (bound: 5).
import type { Credentials } from './direct-endpoint.ts';

/** A `POST` request without a query. */
export interface UnsignedRequest {
  readonly service: string;
  readonly region: string;
  readonly host: string;
  /** URI-encoded once. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The request's headers with those of its signature, Signature Version 4. `date` is the time of signing.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signRequest(
  { service, region, host, path, headers, body }: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  date: Date,
): Record<string, string> {
  // Loaded for the first request: an import would delay the start of the consumer.
  const { createHash, createHmac } = process.getBuiltinModule('node:crypto');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

  const time = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const signed: Record<string, string> = {
    ...headers,
    host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const canonicalHeaders = names.map(
    (name) => `${name}:${String(signed[name]).trim().replace(/\s+/g, ' ')}\n`,
  );
  const canonicalRequest = ['POST', encodePath(path), '', canonicalHeaders.join(''), names.join(';')];
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const request = [...canonicalRequest, sha256(body)].join('\n');
  const textToSign = [ALGORITHM, time, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = createHmac('sha256', key).update(textToSign).digest('hex');
  return {
    ...signed,
    authorization:
      `${ALGORITHM} Credential=${accessKeyId}/${scope.join('/')}, ` +
      `SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

/** The signature covers the path encoded a second time. */
function encodePath(path: string): string {
  const encode = (segment: string) =>
    encodeURIComponent(segment).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return path.split('/').map(encode).join('/');
}
