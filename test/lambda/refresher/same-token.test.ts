import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { claimParameterName, ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { newTokens } from '../../support/new-tokens.ts';
import type { SameTokenKind } from '../../support/same-token-endpoint.ts';
import { type SimulationOptions, simulateRefresher } from '../../support/simulated-refresher.ts';

const CONSTANT: SameTokenKind = { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 };
const SHRINKING: SameTokenKind = { ...CONSTANT, expiresIn: 'shrinking' };
const SECOND = 1_000;

/** A refresher with a stored token, `before` seconds before that token ends. */
const startBeforeEnd = async (before: number, options: SimulationOptions = { kind: CONSTANT }) => {
  const simulated = await simulateRefresher(options);
  await simulated.time.until(simulated.run());
  const { token } = await simulated.record();
  const end = token.expires_at * SECOND;
  await simulated.time.advance(end - before * SECOND - simulated.time.now());
  return {
    ...simulated,
    token,
    end,
    /** Lets time pass until some seconds after the token's end. */
    passTo: (seconds: number) => simulated.time.advance(end + seconds * SECOND - simulated.time.now()),
    /** The requests in seconds after the end of the token. */
    requestsAfterEnd: () => simulated.endpoint.requests.map((at) => (at - end) / SECOND),
  };
};
const ended = async (running: Promise<RefreshResult>) => running.catch((error: Error) => error.message);

describe('a check that gets the stored token again', () => {
  test('keeps the record, and returns at once if the next check comes before the end of the token', async () => {
    const { run, time, record, token, logged, end } = await startBeforeEnd(1_000);
    const before = time.now();
    expect(await time.until(run())).toEqual({
      outcome: 'kept',
      reason: 'same-token',
      expires_at: end / SECOND,
      parameter_version: 1,
    });
    expect(time.now() - before).toBeLessThan(SECOND);
    expect(await record()).toEqual({ token, version: 1 });
    expect(logged.at(-1)).toContain('the same token until it expires');
  });

  test.for([
    ['forced', { force: true }],
    ['that reports it as rejected', { rejected: sha256('opaque-1') }],
  ] as const)('keeps the record if it is %s, and does not wait', async ([, event]) => {
    const { run, time, record } = await startBeforeEnd(100);
    const before = time.now();
    expect(await time.until(run(event))).toMatchObject({ outcome: 'kept', reason: 'same-token' });
    expect(time.now() - before).toBeLessThan(SECOND);
    expect((await record()).version).toBe(1);
  });

  test.for([
    ['rejected', (text: string) => ({ rejected: sha256(text) })],
    ['forced', () => ({ force: true })],
  ] as const)('stores a JWT that was signed again if it is %s', async ([reason, event]) => {
    const { run, time, token } = await startBeforeEnd(1_000, {
      kind: { ...CONSTANT, token: 're-signed JWT' },
    });
    const result = await time.until(run(event(token.access_token)));
    expect(result).toMatchObject({ outcome: 'minted', reason });
  });

  test('does not wait if its caller does', async () => {
    const { run, time } = await startBeforeEnd(100);
    const before = time.now();
    await time.until(run({}, { isAwaited: true }));
    expect(time.now() - before).toBeLessThan(SECOND);
  });

  test('stores the record once if the settings have changed, with the expiry that was known', async () => {
    const { run, time, record, environment, token } = await startBeforeEnd(1_000);
    environment[ENVIRONMENT.scope] = 'travel';
    expect(await time.until(run())).toMatchObject({ outcome: 'minted', reason: 'source-changed' });
    const { token: changed, version } = await record();
    expect(changed).toEqual({ ...token, source: expect.not.stringMatching(token.source) });
    expect(await time.until(run())).toMatchObject({ reason: 'same-token', parameter_version: version });
  });

  test('believes the endpoint if it says that less is left than the record', async () => {
    const { run, time, end, metrics } = await startBeforeEnd(1_000, { kind: SHRINKING });
    const result = await time.until(run());
    expect(result.expires_at).toBeLessThanOrEqual(end / SECOND);
    expect(result.expires_at).toBeGreaterThanOrEqual(end / SECOND - 2);
    // What is left is not the lifetime.
    expect(metrics.series.get('TokenRefresher/LifetimeTooShort')).toBeUndefined();
  });

  test('succeeds in the last second of a token, although the endpoint then says 0', async () => {
    for (const before of [0.9, 0.6, 0.3, 0.1]) {
      const { run, time, record } = await startBeforeEnd(before, { kind: SHRINKING });
      expect(await time.until(ended(run()))).toMatchObject({ outcome: 'minted', reason: 'expiring' });
      expect((await record()).token.access_token).toBe('opaque-2');
    }
  });

  test('warns, and does not wait, if the token ends after the longest run and before the next check', async () => {
    const policy = { checkEvery: 3_600, refreshBefore: 7_200 };
    const { run, time, logged, metrics } = await startBeforeEnd(2_000, {
      kind: CONSTANT,
      policy,
      lifetime: 14_400,
    });
    const before = time.now();
    await time.until(run());
    expect(time.now() - before).toBeLessThan(SECOND);
    expect(logged.at(-1)).toContain('Set checkEvery to at most PT13M');
    // The alarm must see a gap that no run will close.
    expect(metrics.series.get('TokenRefresher/SecondsUntilExpiry')?.values.at(-1)).toBeLessThan(2_001);
  });
});

test('a check does not say that the endpoint grants the same token if it grants another that ends soon', async () => {
  const policy = { checkEvery: 3_600, refreshBefore: 7_200 };
  const options = { kind: CONSTANT, policy, lifetime: 14_400 };
  const { run, time, logged, endpoint, record } = await startBeforeEnd(2_000, options);
  endpoint.fault = newTokens(() => 2_100);
  await time.until(run());
  expect((await record()).token.access_token).toBe('new-1');
  expect(logged.join()).not.toContain('grants the same token');
});

describe('a held run', () => {
  test('reports the check before it waits, and the next token after that', async () => {
    const { run, passTo, metrics, time, logged } = await startBeforeEnd(300);
    const running = run();
    await time.advance(SECOND);
    expect(metrics.series.get('TokenRefresher/SameToken')?.values).toEqual([1]);
    expect(metrics.series.get('TokenRefresher/SecondsUntilExpiry')?.values.at(-1)).toBe(840);
    expect(logged).toHaveLength(2);
    await passTo(3);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring', parameter_version: 2 });
    expect(metrics.series.get('TokenRefresher/SecondsUntilExpiry')?.values.at(-1)).toBeGreaterThan(3_590);
    expect(metrics.series.get('TokenRefresher/LifetimeTooShort')).toBeUndefined();
  });

  test('sends no request at the moment at which another one does', async () => {
    const { run, passTo, stored, requestsAfterEnd, time } = await startBeforeEnd(340);
    const first = run();
    await passTo(-40);
    const second = run();
    await time.advance(10 * SECOND);
    const before = requestsAfterEnd().length;
    await passTo(60);
    const around = requestsAfterEnd().slice(before);
    expect(around.filter((at, index) => at - (around[index - 1] ?? -100) < 0.9)).toEqual([]);
    expect(new Set([(await first).reason, (await second).reason])).toEqual(new Set(['expiring', 'fresh']));
    expect(stored).toHaveLength(2);
  });

  test('takes over from one that was cut off after it had claimed the requests', async () => {
    const { run, passTo, stored, aws, end } = await startBeforeEnd(100);
    const running = run();
    await passTo(-50);
    const Value = JSON.stringify({ replaces: sha256('version 1'), expires_at: end / SECOND + 8 });
    const Name = claimParameterName('/a/b');
    await aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
    await passTo(11);
    expect(await running).toMatchObject({ reason: 'expiring' });
    expect(stored).toHaveLength(2);
  });

  test('does not delay a rejection, and ends early if that brought another token', async () => {
    const { run, passTo, endpoint, time, token } = await startBeforeEnd(300);
    const running = run();
    await passTo(-200);
    endpoint.revoke();
    const before = time.now();
    const report = { rejected: sha256(token.access_token) };
    expect(await time.until(run(report))).toMatchObject({ outcome: 'minted', reason: 'rejected' });
    expect(time.now() - before).toBeLessThan(2 * SECOND);
    await passTo(-20);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'fresh' });
  });

  test('replaces the token in time after a rejection in vain', async () => {
    const { run, passTo, time, token } = await startBeforeEnd(300);
    const running = run();
    await passTo(-10);
    const report = { rejected: sha256(token.access_token) };
    expect(await time.until(run(report))).toMatchObject({ reason: 'same-token' });
    await passTo(3);
    expect(await running).toMatchObject({ reason: 'expiring' });
  });

  test('uses a secret that was rotated during the wait', async () => {
    const { run, passTo, putSecret, record, time, stored } = await startBeforeEnd(300);
    const running = run();
    await passTo(-200);
    await putSecret('{"client_id": "id", "client_secret": "another"}');
    await passTo(3);
    await running;
    const { token, version } = await record();
    expect(token.access_token).toBe('opaque-2');
    // Once for the other source, once for the other token.
    expect(stored).toHaveLength(3);
    expect(await time.until(run())).toMatchObject({ reason: 'fresh', parameter_version: version });
  });

  test('leaves a token that a run with new settings stored during the wait', async () => {
    const { run, passTo, environment, record, time, stored } = await startBeforeEnd(300);
    const running = run();
    await passTo(-200);
    environment[ENVIRONMENT.scope] = 'travel';
    expect(await time.until(run({}, { isAwaited: true }))).toMatchObject({ reason: 'source-changed' });
    const deployed = await record();
    await passTo(60);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(await record()).toEqual(deployed);
    expect(stored).toHaveLength(2);
  });

  test.for<[string, number, number, ResponseInit | AwsError]>([
    ['the endpoint answers with nonsense at the end', 0.5, 2.5, { status: 200 }],
    ['the request before the end fails', -26, -20, { status: 400 }],
    ['the request before the end and its retries fail', -26, 0.5, { status: 503 }],
    [
      'the request before the end is to be repeated after it',
      -26,
      -20,
      { status: 429, headers: { 'x-rate-limit-reset': '40' } },
    ],
    ['Parameter Store fails at the end', 0.5, 2.5, new AwsError('ThrottlingException', 'GetParameter')],
    ['the secret is denied at the end', 0.5, 2.5, new AwsError('AccessDeniedException', 'DescribeSecret')],
  ])('gets the next token although %s', async ([, from, until, refusal]) => {
    const { run, passTo, endpoint, aws, time, end } = await startBeforeEnd(200);
    const isNow = () => time.now() > end + from * SECOND && time.now() < end + until * SECOND;
    const running = run();
    if (refusal instanceof AwsError)
      aws.onCall = (operation) => {
        if (operation === refusal.message && isNow()) throw refusal;
      };
    else endpoint.fault = () => (isNow() ? new Response(null, refusal) : undefined);
    await passTo(4);
    expect(await running).toMatchObject({ reason: 'expiring' });
  });

  test.for([
    ['is down', () => new Response(null, { status: 503 }), 'ENDPOINT_UNAVAILABLE'],
    [
      'rejects the client',
      () => Response.json({ error: 'invalid_client' }, { status: 401 }),
      'CLIENT_REJECTED',
    ],
    ['answers with nonsense', () => new Response('<html>'), 'RESPONSE_INVALID'],
  ] as const)(
    'fails with the true validity and leaves the record if the endpoint %s',
    async ([, answer, code]) => {
      const { run, passTo, endpoint, record, token, metrics, time, end } = await startBeforeEnd(200);
      endpoint.fault = () => (time.now() > end - 30 * SECOND ? answer() : undefined);
      const failing = ended(run());
      await passTo(60);
      expect(metrics.series.get(`TokenRefresher/Failed ${code}`)?.values.length).toBeGreaterThan(0);
      expect(await time.until(failing)).toMatch(code);
      expect((await record()).token).toEqual(token);
      expect(metrics.series.get('TokenRefresher/SecondsUntilExpiry')?.values.at(-1)).toBe(0);
      // The next check gets the claim, and the next token.
      endpoint.fault = () => undefined;
      expect(await time.until(run())).toMatchObject({ outcome: 'minted' });
    },
  );

  // Seconds after the end, of the requests. Until the slow answer, each grants the old token.
  test.for([
    ['skips the instants that a slow answer took', 1, [1, 7]],
    ['asks at once if a slow answer took the last instant', 7, [1, 2, 3, 5, 7, 11]],
  ] as const)('%s', async ([, slowAt, expected]) => {
    const { run, passTo, endpoint, token, time, end, requestsAfterEnd } = await startBeforeEnd(200);
    const old = { access_token: token.access_token, token_type: 'Bearer', expires_in: 3_600 };
    endpoint.fault = async () => {
      const after = (time.now() - end) / SECOND;
      if (after < 0 || after >= slowAt + 1) return undefined;
      if (after >= slowAt) await time.sleep(4_500);
      return Response.json(old);
    };
    const running = run();
    await passTo(20);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    const after = requestsAfterEnd().filter((at) => at > 0);
    expect(after.map(Math.floor)).toEqual(expected);
  });

  test('ends within a minute after the end of the token if the endpoint hangs', async () => {
    const { run, passTo, endpoint, time, end, runs, requestsAfterEnd } = await startBeforeEnd(330);
    endpoint.fault = (signal) =>
      time.now() < end
        ? undefined
        : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const failing = ended(run());
    await passTo(41);
    expect(await failing).toMatch('ENDPOINT_UNAVAILABLE');
    expect(runs.at(-1)?.endedAt).toBeLessThanOrEqual(end + 41 * SECOND);
    expect(requestsAfterEnd().filter((at) => at > 0).length).toBeGreaterThan(0);
  });

  test.for([
    ['at the next instant after the claim of another run expires', 4, [5]],
    ['a minute later if another run has the claim for longer', 60, [70]],
  ] as const)('asks %s', async ([, claimFor, expected]) => {
    const { run, passTo, aws, end, requestsAfterEnd } = await startBeforeEnd(200);
    const running = run();
    await passTo(-10);
    const claim = { owner: 'another', replaces: 1, expires_at: end / SECOND + claimFor };
    const Name = claimParameterName('/a/b');
    const Value = JSON.stringify(claim);
    await aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
    await passTo(100);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    const after = requestsAfterEnd().filter((at) => at > 0);
    expect(after.map(Math.floor)).toEqual(expected);
  });

  test('sends one request at the end if the endpoint rejects the client', async () => {
    const { run, passTo, endpoint, time, end } = await startBeforeEnd(200);
    let requests = 0;
    endpoint.fault = () => {
      if (time.now() < end) return undefined;
      requests += 1;
      return Response.json({ error: 'invalid_client' }, { status: 401 });
    };
    const failing = ended(run());
    await passTo(60);
    expect(await failing).toMatch('CLIENT_REJECTED');
    expect(requests).toBe(1);
  });

  test('sends one request before the end and six after it, and then one per attempt, while the endpoint is down', async () => {
    const { run, passTo, endpoint, requestsAfterEnd } = await startBeforeEnd(40);
    const failing = ended(run());
    await passTo(-30);
    endpoint.fault = () => new Response(null, { status: 503 });
    await passTo(400);
    expect(await failing).toMatch('ENDPOINT_UNAVAILABLE');
    const around = requestsAfterEnd().filter((at) => at > -30);
    expect(around.map((at) => Math.sign(at))).toEqual([-1, ...Array(9).fill(1)]);
    // The run may try again until 320 seconds after the end.
    expect(around.filter((at) => at > 60)).toHaveLength(3);
  });

  test('believes the endpoint if it grants the token long after the end that it had stated', async () => {
    const { run, passTo, record, end } = await startBeforeEnd(200, { kind: CONSTANT, livesFor: 7_200 });
    const running = run();
    await passTo(12);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    const { token } = await record();
    expect(token.access_token).toBe('opaque-1');
    expect(token.expires_at).toBeGreaterThan(end / SECOND + 3_600);
  });
});

test('a report that changes nothing does not publish the validity, which is low without a fault', async () => {
  const { run, time, metrics } = await startBeforeEnd(400);
  await time.until(run());
  const published = () => metrics.series.get('TokenRefresher/SecondsUntilExpiry')?.values.length;
  const before = published();
  expect(await time.until(run({ rejected: sha256('of another token') }))).toMatchObject({
    reason: 'already-replaced',
  });
  expect(published()).toBe(before);
});

describe('if a node of the endpoint grants a token of its own, a held run', () => {
  /** A run that begins 200 seconds before the end. From 26 seconds before it, another node grants a token until `ends`. */
  const startWithNode = async (ends: number) => {
    const simulated = await startBeforeEnd(200);
    const { time, endpoint, end, passTo } = simulated;
    const next = newTokens(() => 3_600);
    const running = simulated.run();
    await passTo(-26);
    endpoint.fault = () => {
      const left = end / SECOND + ends - time.now() / SECOND;
      if (left <= 0) return next();
      return Response.json({ access_token: 'of-a-node', token_type: 'Bearer', expires_in: Math.floor(left) });
    };
    const storedSince = () =>
      simulated.stored.slice(1).map(({ access_token, storedAt }) => ({
        access_token,
        at: Math.floor(storedAt - end / SECOND),
      }));
    return { ...simulated, running, storedSince };
  };

  // Seconds after the end of the first token: when that of the node ends, and when which token is stored.
  test.for([
    ['asks again at the end, if that one ends sooner', -10, [['new-1', 1]]],
    [
      'waits for the end of that one, if it ends later',
      60,
      [
        ['of-a-node', -25],
        ['new-1', 60],
      ],
    ],
  ] as const)('%s', async ([, ends, expected]) => {
    const { passTo, running, storedSince } = await startWithNode(ends);
    await passTo(100);
    expect(storedSince()).toEqual(expected.map(([access_token, at]) => ({ access_token, at })));
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
  });

  test('leaves the end of that one to the next check if that check surely comes before it', async () => {
    const { passTo, running, storedSince, runs } = await startWithNode(170);
    await passTo(-20);
    expect(runs).toHaveLength(2);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    expect(storedSince()).toEqual([{ access_token: 'of-a-node', at: -25 }]);
  });

  test('waits for the end of a token that another run stored', async () => {
    const { time, run, passTo, running, storedSince } = await startWithNode(60);
    await passTo(-25.5);
    await time.until(run({}, { isAwaited: true }));
    await passTo(100);
    expect(storedSince().map(({ access_token }) => access_token)).toEqual(['of-a-node', 'new-1']);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
  });
});

describe('an endpoint that grants a new token in each answer', () => {
  test('costs one request and one write for each token, and a wait until it is due', async () => {
    const simulated = await simulateRefresher({ kind: CONSTANT });
    const { time, aws, endpoint, logged, runs, stored } = simulated;
    endpoint.fault = newTokens(() => 3_600);
    const calls = new Map<string, number>();
    const { onCall } = aws;
    aws.onCall = (operation, input) => {
      onCall(operation, input);
      const what = String(input.Name).startsWith(claimParameterName('/a/b')) ? 'claim' : operation;
      calls.set(what, (calls.get(what) ?? 0) + 1);
    };
    simulated.schedule();
    await time.advance(12 * 3_600 * SECOND);
    const tokens = stored.length;
    expect(tokens).toBeGreaterThan(20);
    // Of two checks that wait for the same moment, one asks.
    expect(endpoint.requests).toHaveLength(tokens);
    // Each token is due half an hour before it expires.
    for (const [index, { issued_at }] of stored.slice(2).entries())
      expect(issued_at).toBe((stored[index + 1]?.issued_at ?? 0) + 1_800);
    const longest = Math.max(...runs.map(({ startedAt, endedAt }) => endedAt - startedAt));
    expect(longest).toBeLessThan(361 * SECOND);
    const attempts = logged.filter((line) => line.startsWith('Token ')).length;
    expect(Object.fromEntries(calls)).toEqual({
      // An attempt reads once. A mint reads again after it took the claim, and reads the record before it writes.
      DescribeSecret: attempts + tokens,
      GetParameter: attempts + 2 * tokens,
      GetSecretValue: tokens,
      PutParameter: tokens,
      claim: expect.any(Number),
    });
  });

  test.for([
    ['waits for the end of a token that ends before the next check, although the one before did not', 3_600],
    ['does not wait if all its tokens end before the next check', 300],
  ] as const)('%s', async ([, lifetime]) => {
    const { run, passTo, time, endpoint, stored, metrics } = await startBeforeEnd(200, {
      kind: CONSTANT,
      lifetime,
    });
    const warnings = () => metrics.series.get('TokenRefresher/LifetimeTooShort')?.values.length ?? 0;
    const before = warnings();
    const waits = lifetime > 360;
    endpoint.fault = newTokens(() => (stored.length === 1 ? 240 : 3_600));
    const running = run();
    await time.advance(SECOND);
    expect(stored).toHaveLength(2);
    expect(warnings() - before).toBe(waits ? 0 : 1);
    // The second token ends 40 seconds after the first one would.
    await passTo(40);
    expect(stored).toHaveLength(waits ? 3 : 2);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
  });

  test('never replaces a token by one that ends sooner, and asks again until it gets another', async () => {
    const { run, passTo, time, endpoint, stored } = await startBeforeEnd(200, { kind: CONSTANT });
    let expiresIn = 199;
    endpoint.fault = newTokens(() => expiresIn);
    const running = run();
    await time.advance(SECOND);
    expect(stored).toHaveLength(1);
    expiresIn = 3_600;
    await passTo(0);
    expect(stored).toHaveLength(2);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
  });
});
