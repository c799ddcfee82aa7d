import { mkdtemp, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Lambda, LambdaClient } from '@aws-sdk/client-lambda';
import { SSM, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createReader } from '../../../lambda/reader/create-reader.ts';
import type { TokenReader, TokenReaderOptions } from '../../../lambda/reader/token-reader.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { PROXIED_URL, startProxiedAws } from '../../support/proxied-aws.ts';
import {
  answer,
  awsError,
  broken,
  type Reply,
  reset,
  type ScriptedAws,
  silence,
  startScriptedAws,
} from '../../support/scripted-aws.ts';
import { createSimulatedTime, type SimulatedTime } from '../../support/simulated-time.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  AWS_SESSION_TOKEN: 'session',
  _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793',
};
/** Settings of the caller's own clients: like the reader, `ssm` leaves retries to the reader's pace. */
const LIMITS = { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true };
const SSM_SETTINGS = { maxAttempts: 1, requestHandler: LIMITS };

/** The ways, how the service sees which one it was, and the clients that the caller passes. */
const WAYS = [
  ['without the SDK', /^token-refresher$/, () => ({})],
  ['with the SDK', /^aws-sdk-js\//, () => ({})],
  [
    'with SSM and Lambda of the caller',
    /^aws-sdk-js\//,
    () => ({ ssm: new SSM(SSM_SETTINGS), lambda: new Lambda({}) }),
  ],
  [
    'with SSMClient and LambdaClient of the caller',
    /^aws-sdk-js\//,
    () => ({ ssm: new SSMClient(SSM_SETTINGS), lambda: new LambdaClient({}) }),
  ],
] as const satisfies readonly [string, RegExp, () => Pick<TokenReaderOptions, 'ssm' | 'lambda'>][];
type Way = (typeof WAYS)[number][0];

let emptyConfigFile: string;
beforeAll(async () => {
  emptyConfigFile = join(await mkdtemp(join(tmpdir(), 'config-')), 'config');
  await writeFile(emptyConfigFile, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

interface World {
  readonly aws: ScriptedAws;
  readonly time: SimulatedTime;
  readonly reader: TokenReader;
}

/** A reader in a function whose services give the replies. The waits of the reader take no time. */
async function start(way: Way, replies: readonly Reply[], now = Date.now()): Promise<World> {
  const aws = await startScriptedAws(replies);
  onTestFinished(aws.stop);
  const time = createSimulatedTime(now);
  // A configuration file of the AWS CLI makes the reader use the SDK.
  const file =
    way === 'with the SDK' ? { AWS_CONFIG_FILE: emptyConfigFile } : { AWS_CONFIG_FILE: '/missing' };
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...file, AWS_ENDPOINT_URL: aws.url }))
    vi.stubEnv(name, value);
  const clients = WAYS.find(([name]) => name === way)?.[2]();
  const options = { parameterName: '/app/token', refresherFunctionName: 'refresher', ...clients };
  return { aws, time, reader: createReader(options, { ...time, random: () => 0.5 }) };
}

const now = Math.floor(Date.now() / 1_000);
const record = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: now,
  expires_at: now + 3_600,
  source: sha256(''),
};
const stored = (headers = {}): Reply =>
  answer(200, { Parameter: { Type: 'SecureString', Value: JSON.stringify(record) } }, headers);
const hoursAgo = (hours: number) => ({ date: new Date(Date.now() - hours * 3_600_000).toUTCString() });

/** The token, or the code of the error. */
const outcomeOf = ({ time }: World, promise: Promise<unknown>): Promise<unknown> =>
  time.until(promise.catch(({ code }: { code: string }) => code));

describe.for(WAYS)('%s', ([way, userAgent]) => {
  test.for<[string, readonly Reply[], string, number]>([
    ['a token', [stored()], 'token', 1],
    ['no parameter', [awsError(400, 'ParameterNotFound')], 'PARAMETER_NOT_FOUND', 1],
    [
      'an error that only the body names',
      [answer(400, { __type: 'com.amazonaws.ssm#ParameterNotFound' })],
      'PARAMETER_NOT_FOUND',
      1,
    ],
    ['an error with a link', [awsError(400, 'ParameterNotFound:http://a#b')], 'PARAMETER_NOT_FOUND', 1],
    ['denied access', [awsError(400, 'AccessDeniedException')], 'ACCESS_DENIED', 1],
    ['a denied key', [awsError(400, 'KMSAccessDeniedException')], 'ACCESS_DENIED', 1],
    ['an unusable key', [awsError(400, 'InvalidKeyId')], 'REQUEST_REJECTED', 1],
    ['a malformed name', [awsError(400, 'ValidationException')], 'REQUEST_REJECTED', 1],
    ['credentials that ended', [awsError(400, 'ExpiredTokenException')], 'REQUEST_REJECTED', 1],
    ['a wrong signature', [awsError(400, 'InvalidSignatureException')], 'REQUEST_REJECTED', 1],
    ['an empty object', [answer(200, {})], 'PARAMETER_OCCUPIED', 1],
    [
      'a parameter of another type',
      [answer(200, { Parameter: { Type: 'String' } })],
      'PARAMETER_OCCUPIED',
      1,
    ],
    ['throttling, then a token', [awsError(400, 'ThrottlingException'), stored()], 'token', 2],
    ['too many requests, then a token', [awsError(429, 'Other'), stored()], 'token', 2],
    ['an internal error, then a token', [awsError(500, 'InternalServerError'), stored()], 'token', 2],
    ['a page with status 503, then a token', [answer(503, '<html>'), stored()], 'token', 2],
    ['a redirect, then a token', [answer(301, '', { location: '/' }), stored()], 'token', 2],
    ['a reset, then a token', [reset, stored()], 'token', 2],
    ['half of an answer, then a token', [broken, stored()], 'token', 2],
    ['an answer that is not JSON, then a token', [answer(200, 'oops'), stored()], 'token', 2],
    [
      'that the clock is wrong, then a token',
      [awsError(400, 'InvalidSignatureException', hoursAgo(2)), stored(hoursAgo(2))],
      'token',
      2,
    ],
  ])('a read that gets %s', async ([, replies, outcome, requests]) => {
    const world = await start(way, replies);
    expect(await outcomeOf(world, world.reader.get())).toBe(outcome);
    expect(world.aws.requests).toHaveLength(requests);
    for (const { headers } of world.aws.requests) expect(headers['user-agent']).toMatch(userAgent);
  });

  test('a read that reaches nobody fails', async () => {
    const world = await start(way, [stored()]);
    await world.aws.stop();
    expect(await outcomeOf(world, world.reader.get())).toBe('STORE_UNAVAILABLE');
  });

  test('a denied read shows the message of AWS', async () => {
    const world = await start(way, [awsError(400, 'AccessDeniedException')]);
    const reading = world.reader.get().catch(({ message }: Error) => message);
    const shown = 'AccessDeniedException (HTTP 400) "the message of the test"';
    expect(await world.time.until(reading)).toContain(shown);
  });

  test.for<[string, number, (replies: Reply[]) => () => boolean]>([
    [
      'makes no connection in 1.5 seconds',
      1_500,
      () => {
        const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementationOnce(function (this: Socket) {
          return Object.assign(this, { connecting: true });
        });
        return () => connect.mock.calls.length > 0;
      },
    ],
    [
      'gets no answer in four seconds',
      4_000,
      (replies) => {
        replies.unshift(silence);
        return () => replies.length === 1;
      },
    ],
  ])('a read that %s is given up and sent again', async ([, limit, hold]) => {
    const replies: Reply[] = [stored()];
    const isHeld = hold(replies);
    const world = await start(way, [(response) => (replies.shift() ?? stored())(response)]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reading = world.reader.get();
    while (!isHeld()) await setImmediate();
    await world.time.settle();
    await vi.advanceTimersByTimeAsync(limit - 1);
    await world.time.settle();
    expect(world.time.sleeping).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    while (world.time.sleeping === 0) await setImmediate();
    vi.useRealTimers();
    expect(await world.time.until(reading)).toBe('token');
  });

  test.for<[string, readonly Reply[], string, number]>([
    ['a new token', [answer(200, { outcome: 'minted' })], 'reported', 1],
    ['a failed run', [answer(200, {}, { 'x-amz-function-error': 'Unhandled' })], 'REPORT_FAILED', 1],
    ['denied access', [awsError(403, 'AccessDeniedException')], 'REPORT_FAILED', 1],
    ['no function', [awsError(404, 'ResourceNotFoundException')], 'REPORT_FAILED', 1],
    ['a reset, then an answer', [reset, answer(200, {})], 'reported', 2],
    [
      'an internal error, then an answer',
      [awsError(500, 'ServiceException'), answer(200, {})],
      'reported',
      2,
    ],
    ['throttling', [awsError(429, 'TooManyRequestsException')], 'REPORT_FAILED', 3],
    ['internal errors', [awsError(502, 'EC2ThrottledException')], 'REPORT_FAILED', 3],
  ])('a report that gets %s', async ([, replies, outcome, requests]) => {
    const world = await start(way, replies);
    const reporting = world.reader.reject('token').then(() => 'reported');
    expect(await outcomeOf(world, reporting)).toBe(outcome);
    const reports = world.aws.requests.filter(({ path }) => path !== '/');
    expect(reports).toHaveLength(requests);
    for (const { headers } of reports) expect(headers['user-agent']).toMatch(userAgent);
  });
});

describe('what AWS receives', () => {
  /** Without what differs by design: the client's name, and headers that only the SDK sends. */
  const receivedBy = async (way: Way) => {
    const world = await start(way, [stored(), stored(), answer(200, {}), stored()]);
    await outcomeOf(world, world.reader.get());
    await outcomeOf(world, world.reader.reject('token'));
    return world.aws.requests.map(({ method, path, headers, body }) => ({
      ...{ method, path, body: JSON.parse(body) },
      contentType: headers['content-type'],
      target: headers['x-amz-target'],
      invocation: headers['x-amz-invocation-type'],
      sessionToken: headers['x-amz-security-token'],
      scope: /Credential=\S+/.exec(headers.authorization ?? '')?.[0],
    }));
  };

  test('is the same in all ways', async () => {
    const direct = await receivedBy('without the SDK');
    for (const [way] of WAYS) expect(await receivedBy(way)).toEqual(direct);
    expect(direct[0]).toMatchObject({
      ...{ method: 'POST', path: '/', target: 'AmazonSSM.GetParameter', sessionToken: 'session' },
      body: { Name: '/app/token', WithDecryption: true },
    });
    expect(direct[1]).toMatchObject({
      path: '/2015-03-31/functions/refresher/invocations',
      ...{ invocation: 'RequestResponse', body: { rejected: sha256('token') } },
    });
  });
});

test.for(WAYS.slice(0, 2))(
  'behind a proxy, a reader %s reads and reports through it',
  async ([way, userAgent]) => {
    const { aws, proxy } = await startProxiedAws([stored(), answer(200, {}), stored()]);
    const world = await start(way, []);
    vi.stubEnv('AWS_ENDPOINT_URL', PROXIED_URL);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    // The variable is read when the module loads.
    vi.resetModules();
    const { createReader: createProxiedReader } = await import('../../../lambda/reader/create-reader.ts');
    const options = { parameterName: '/app/token', refresherFunctionName: 'refresher' };
    const reader = createProxiedReader(options, { ...world.time, random: () => 0.5 });
    expect(await outcomeOf(world, reader.get())).toBe('token');
    expect(await outcomeOf(world, reader.reject('token'))).toBeUndefined();
    expect(new Set(proxy.tunnels)).toEqual(new Set(['aws.example.com:443']));
    expect(aws.requests).toHaveLength(3);
    for (const { headers } of aws.requests) {
      expect(headers['user-agent']).toMatch(userAgent);
      expect(headers.connection).toBe('close');
    }
  },
);

test.for(WAYS.slice(0, 2))(
  '%s, no connection stays open, because Lambda freezes the container between two requests',
  async ([way]) => {
    const world = await start(way, [
      awsError(500, 'InternalServerError'),
      stored(),
      answer(200, {}),
      stored(),
    ]);
    await outcomeOf(world, world.reader.get());
    await outcomeOf(world, world.reader.reject('token'));
    const connections = world.aws.requests.map(({ headers }) => headers.connection);
    expect(connections).toEqual(['close', 'close', 'close', 'close']);
  },
);

test('a request without the SDK names the trace that it belongs to, as the SDK does in Lambda', async () => {
  const world = await start('without the SDK', [stored()]);
  await outcomeOf(world, world.reader.get());
  expect(world.aws.requests[0]?.headers['x-amzn-trace-id']).toBe(ENVIRONMENT._X_AMZN_TRACE_ID);
});
