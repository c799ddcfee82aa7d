import type { DirectEndpoint } from './direct-endpoint.ts';
import { parseJsonObject } from './json.ts';
import { type Answer, type Limits, post } from './post.ts';
import { signRequest } from './sign-request.ts';

export interface DirectRequest {
  /** URI-encoded, from the root of the endpoint. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly limits: Limits;
}

/** Sends one signed request to AWS. Fails as the SDK does, with the `name` and `$metadata` of its errors. */
export type DirectSender = (endpoint: DirectEndpoint, request: DirectRequest) => Promise<Answer>;

/** Milliseconds. AWS refuses a signature whose time is off by five minutes. */
const CLOCK_TOLERANCE_MS = 240_000;

/** Signs with the clock of AWS once an answer shows that this one is wrong. `now` returns Unix time in milliseconds. */
export function createDirectSender(now: () => number): DirectSender {
  /** Milliseconds by which the clock of AWS is ahead. */
  let ahead = 0;

  return async ({ service, region, url, credentials }, { path, headers, body, limits }) => {
    const target = new URL(url);
    // Not resolved against the URL: a path that starts with two slashes would name another host.
    target.pathname = url.pathname.replace(/\/$/, '') + path;
    const request = { service, region, host: url.host, path: target.pathname, headers, body };
    const sentAt = now() + ahead;
    const signed = signRequest(request, credentials, new Date(sentAt));
    const answer = await post(target, { ...signed, ...unsignedHeaders() }, body, limits);
    const drift = outside(Date.parse(String(answer.headers.date)), sentAt, now() + ahead);
    const clockSkewCorrected = Math.abs(drift) >= CLOCK_TOLERANCE_MS;
    if (clockSkewCorrected) ahead += drift;
    if (answer.status < 200 || answer.status > 299) throw awsError(answer, clockSkewCorrected);
    return answer;
  };
}

/** By how much a time is before or after a request. Lambda may freeze the container during it, so it may take hours. */
function outside(time: number, sentAt: number, receivedAt: number): number {
  return Math.max(Math.min(0, time - sentAt), time - receivedAt);
}

/** What the SDK sends too: who asks, and in Lambda the trace that the call belongs to. */
function unsignedHeaders(): Record<string, string> {
  const trace = process.env._X_AMZN_TRACE_ID;
  return { 'user-agent': 'token-refresher', ...(trace && { 'x-amzn-trace-id': trace }) };
}

function awsError({ status, headers, text }: Answer, clockSkewCorrected: boolean): Error {
  const body = parseJsonObject(text) ?? {};
  // For example `com.amazonaws.ssm#ParameterNotFound` or `ResourceNotFoundException:http://…`.
  const type = String(headers['x-amzn-errortype'] ?? body.__type ?? 'UnknownError');
  const name = type.replace(/[,:].*/s, '').replace(/.*#/s, '');
  const message = String(body.message ?? body.Message ?? name);
  return Object.assign(new Error(message), {
    name,
    $metadata: { httpStatusCode: status, clockSkewCorrected },
  });
}
