import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { functionTimeout } from '../../../lambda/shared/time-budget.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import type { InProcessAws } from '../../support/in-process-aws.ts';
import { newTokens } from '../../support/new-tokens.ts';
import { type SimulationOptions, simulateRefresher } from '../../support/simulated-refresher.ts';

const SECOND = 1_000;
const KIND = { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 } as const;

/** A refresher with a stored token that was minted `age` seconds ago. Due after 1,800 seconds, and valid for 3,600. */
const startAfter = async (age: number, options: Partial<SimulationOptions> = {}) => {
  const simulated = await simulateRefresher({ kind: KIND, ...options });
  const { time, endpoint } = simulated;
  let lifetime = 3_600;
  const grant = newTokens(() => lifetime);
  endpoint.fault = grant;
  await time.until(simulated.run());
  const { token } = await simulated.record();
  const passTo = (seconds: number) => time.advance(token.issued_at * SECOND + seconds * SECOND - time.now());
  await passTo(age);
  return {
    ...simulated,
    token,
    passTo,
    /** Requests and checks after the first token, in seconds after its issue. */
    requests: () => endpoint.requests.slice(1).map((at) => Math.floor(at / SECOND - token.issued_at)),
    metric: (name: string) => simulated.metrics.series.get(`TokenRefresher/${name}`),
    break: (answer: () => Response) => {
      endpoint.fault = answer;
    },
    repair: () => {
      endpoint.fault = grant;
    },
    /** Lets the next tokens live for these seconds. */
    grantFor: (seconds: number) => {
      lifetime = seconds;
    },
    /** Lets another run have the claim until these seconds after the issue of the stored token. */
    claimUntil: (seconds: number) => {
      const claim = { owner: 'another', replaces: 1, expires_at: token.issued_at + seconds };
      const Value = JSON.stringify(claim);
      return simulated.aws.ssm.send(
        new PutParameterCommand({ Name: '/a/b.claim', Value, Type: 'String', Overwrite: true }),
      );
    },
  };
};
const ended = (running: Promise<unknown>) => running.catch((error: Error) => error.message);
const unavailable = () => new Response(null, { status: 503 });

describe('a scheduled check', () => {
  test.for([
    ['waits until the token is due, if the next check could come later', 1_500, 1_800],
    ['waits as long as the next check can take to come', 1_440, 1_800],
    ['mints at once if the token is due', 1_900, 1_900],
  ] as const)('%s', async ([, age, at]) => {
    const { run, passTo, requests } = await startAfter(age);
    const running = run();
    await passTo(at + 1);
    expect(await running).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    expect(requests()).toEqual([at]);
  });

  test('does not wait if the next check surely comes before the token is due', async () => {
    const { run, time, requests } = await startAfter(1_439);
    const before = time.now();
    expect(await time.until(run())).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    expect(time.now() - before).toBeLessThan(SECOND);
    expect(requests()).toEqual([]);
  });

  test('waits no longer than the platform lets it run', async () => {
    for (const [remaining, late, waits] of [
      [360, 0, true],
      [359, 0, false],
      // What has passed before counts.
      [364, 4, true],
      [364, 5, false],
    ] as const) {
      const { run, time, passTo, requests } = await startAfter(1_500);
      const running = run({}, { remaining, late });
      await time.advance(SECOND);
      await passTo(1_801);
      expect(await running).toMatchObject({ outcome: waits ? 'minted' : 'kept' });
      expect(requests()).toEqual(waits ? [1_800] : []);
    }
  });

  test('says that it waits', async () => {
    const { run, time, passTo, logged } = await startAfter(1_500);
    const running = run();
    await time.advance(SECOND);
    expect(logged.at(-1)).toMatch(/^This run waits/);
    await passTo(1_801);
    await running;
  });

  test('may send several requests after the wait', async () => {
    const { run, passTo, requests, break: fail, repair } = await startAfter(1_500);
    const running = run();
    let answers = 0;
    fail(() => {
      answers += 1;
      if (answers === 2) repair();
      return new Response(null, { status: 503, headers: { 'retry-after': '5' } });
    });
    await passTo(1_811);
    expect(await running).toMatchObject({ outcome: 'minted' });
    expect(requests()).toEqual([1_800, 1_805, 1_810]);
  });

  test('reports before it waits, because an alarm counts minutes without a metric', async () => {
    const { run, metric, time, passTo } = await startAfter(1_500);
    const running = run();
    await time.advance(SECOND);
    expect(metric('Kept')?.values).toEqual([1]);
    expect(metric('SecondsUntilExpiry')?.values.at(-1)).toBe(2_100);
    await passTo(1_801);
    await running;
    expect(metric('Minted')?.values).toEqual([1, 1]);
  });

  test.for<[string, unknown, { isAwaited?: boolean }, string]>([
    ['a caller waits for', {}, { isAwaited: true }, 'fresh'],
    ['a consumer causes', { rejected: sha256('of another token') }, {}, 'already-replaced'],
    ['an operator forces', { force: true }, {}, 'forced'],
  ])('that %s does not wait until the token is due', async ([, event, options, reason]) => {
    const { run, time } = await startAfter(1_700);
    const before = time.now();
    expect(await time.until(run(event, options))).toMatchObject({ reason });
    expect(time.now() - before).toBeLessThan(2 * SECOND);
  });

  test.for<[string, unknown, { isAwaited?: boolean }]>([
    ['a caller waits for', {}, { isAwaited: true }],
    ['a consumer causes', { rejected: sha256('new-1') }, {}],
    ['an operator forces', { force: true }, {}],
  ])('that %s does not try again after it has failed', async ([, event, options]) => {
    const { run, time, break: fail } = await startAfter(1_900);
    fail(unavailable);
    const before = time.now();
    expect(await time.until(ended(run(event, options)))).toMatch('ENDPOINT_UNAVAILABLE');
    expect(time.now() - before).toBeLessThan(60 * SECOND);
  });

  test('keeps the token that another run minted during the wait', async () => {
    const { run, time, passTo, requests } = await startAfter(1_500);
    const running = run();
    await passTo(1_600);
    await time.until(run({ force: true }));
    await passTo(1_801);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'fresh', parameter_version: 2 });
    expect(requests()).toEqual([1_600]);
  });

  test('leaves the token that a deployment minted with new settings during the wait', async () => {
    const { run, time, passTo, environment, record } = await startAfter(1_500);
    const running = run();
    await passTo(1_600);
    environment[ENVIRONMENT.scope] = 'travel';
    await time.until(run({}, { isAwaited: true }));
    const deployed = await record();
    await passTo(1_801);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(await record()).toEqual(deployed);
  });

  test('leaves such a token even if it becomes due in the same run', async () => {
    const { run, time, passTo, environment, record, grantFor } = await startAfter(1_500);
    const running = run();
    await passTo(1_600);
    environment[ENVIRONMENT.scope] = 'travel';
    // Due 360 seconds before it expires: at 1,850. The run can wait until 1,860.
    grantFor(610);
    await time.until(run({}, { isAwaited: true }));
    const deployed = await record();
    await passTo(1_855);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(await record()).toEqual(deployed);
  });
});

describe('if a deployment changes the settings, a scheduled check with the former ones leaves the new token', () => {
  /** The next calls of this kind to the parameter fail. */
  const failing = (aws: InProcessAws, operation: string) => {
    const { onCall } = aws;
    aws.onCall = (called, input) => {
      if (called === operation && input.Name === '/a/b') throw new AwsError('ThrottlingException', 'no');
      return onCall(called, input);
    };
    return () => {
      aws.onCall = onCall;
    };
  };

  test('although it could not read the token at first', async () => {
    const { run, aws, time, passTo, environment, record } = await startAfter(600);
    const repaired = failing(aws, 'GetParameter');
    const running = ended(run());
    await passTo(610);
    repaired();
    environment[ENVIRONMENT.scope] = 'travel';
    await time.until(run({}, { isAwaited: true }));
    const deployed = await record();
    expect(await time.until(running)).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(await record()).toEqual(deployed);
  });

  test.for([
    ['although it was minted before the check began', false, 1_961],
    ['although it was minted before, and could not be read at the second look', true, 2_081],
  ] as const)('%s', async ([, isUnreadable, end]) => {
    const { run, aws, passTo, token, requests, claimUntil } = await startAfter(1_900);
    await claimUntil(1_950);
    const running = run();
    await passTo(1_955);
    const repaired = isUnreadable ? failing(aws, 'GetParameter') : () => undefined;
    const issued_at = token.issued_at + 1_890;
    const deployed = { ...token, access_token: 'deployed', source: sha256('new settings'), issued_at };
    const Value = JSON.stringify({ ...deployed, expires_at: issued_at + 3_600 });
    await aws.ssm.send(
      new PutParameterCommand({ Name: '/a/b', Value, Type: 'SecureString', Overwrite: true }),
    );
    await passTo(1_970);
    repaired();
    await passTo(end);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(requests()).toEqual([]);
  });

  test.for([
    ['if it was stored between two steps of the first attempt', 3_600, 1_901],
    ['even if that one becomes due in the same run', 610, 2_151],
  ] as const)('%s', async ([, lifetime, end]) => {
    const { run, aws, passTo, environment, record, grantFor } = await startAfter(1_900);
    let deployed: unknown;
    const { onCall } = aws;
    aws.onCall = (operation, input) => {
      if (input.Name !== '/a/b.claim') return onCall(operation, input);
      // The run has read the token, and reads the claim next.
      aws.onCall = onCall;
      environment[ENVIRONMENT.scope] = 'travel';
      grantFor(lifetime);
      return run({}, { isAwaited: true }).then(async () => {
        deployed = await record();
      });
    };
    const running = run();
    await passTo(end);
    expect(await running).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    expect(deployed).toMatchObject({ token: { access_token: 'new-2' } });
    expect(await record()).toEqual(deployed);
  });
});

describe('while another run mints, a run', () => {
  test('looks again after a minute, then after two minutes, and mints if that run has died', async () => {
    const { run, time, requests, claimUntil } = await startAfter(1_900);
    await claimUntil(2_000);
    expect(await time.until(run())).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    expect(requests()).toEqual([2_080]);
  });

  test.for<[string, unknown]>([
    ['a check', {}],
    ['a report', { rejected: sha256('new-1') }],
  ])(
    'does not say when the token expires, if it is %s: the other run does, unless it dies',
    async ([, event]) => {
      const { run, time, metric, claimUntil } = await startAfter(1_900);
      await claimUntil(2_500);
      const measured = () => metric('SecondsUntilExpiry')?.values.length ?? 0;
      const before = measured();
      const result = await time.until(run(event, { isAwaited: true }));
      expect(result).toMatchObject({ outcome: 'kept', reason: 'being-replaced' });
      expect(measured()).toBe(before);
    },
  );

  test('ends with its own failure if that run does not end', async () => {
    const { run, time, passTo, requests, break: fail, claimUntil } = await startAfter(1_900);
    fail(() => new Response(null, { status: 503, headers: { 'retry-after': '41' } }));
    const running = ended(run());
    await passTo(1_930);
    await claimUntil(2_500);
    expect(await time.until(running)).toMatch('ENDPOINT_UNAVAILABLE');
    expect(requests()).toEqual([1_900]);
  });

  test('succeeds if that run does not end and nothing failed', async () => {
    const { run, time, claimUntil } = await startAfter(1_900);
    await claimUntil(2_500);
    expect(await time.until(run())).toMatchObject({ outcome: 'kept', reason: 'being-replaced' });
  });
});

describe('if the endpoint asked to wait, and a later request gets another failure,', () => {
  const limited = () => new Response(null, { status: 429, headers: { 'retry-after': '1200' } });

  test('checks pause until the endpoint allows them', async () => {
    const { run, time, passTo, requests, break: fail } = await startAfter(1_900);
    fail(limited);
    await time.until(ended(run({}, { isAwaited: true })));
    fail(unavailable);
    await time.until(ended(run({ force: true }, { isAwaited: true })));
    const before = requests().length;
    await passTo(2_000);
    expect(await time.until(ended(run()))).toMatch(/^ENDPOINT_UNAVAILABLE: no request was sent/);
    expect(requests()).toHaveLength(before);
  });

  test('each check in the last minutes of a token sends a single request', async () => {
    const { run, time, requests, break: fail } = await startAfter(2_880);
    fail(limited);
    await time.until(ended(run()));
    fail(unavailable);
    for (let checks = 1; checks <= 3; checks += 1) {
      expect(await time.until(ended(run()))).toMatch('ENDPOINT_UNAVAILABLE');
      expect(requests()).toHaveLength(1 + checks);
    }
  });
});

describe('after a failure that may pass, a scheduled check', () => {
  test('tries again after a minute, then every two minutes, with one request, until the next check takes over', async () => {
    const { run, time, metric, runs, requests, break: fail } = await startAfter(1_900);
    fail(() => new Response(null, { status: 503, headers: { 'retry-after': '39' } }));
    expect(await time.until(ended(run()))).toMatch('ENDPOINT_UNAVAILABLE');
    // The first attempt asks again as the endpoint wishes. The next attempts do not wait for that.
    expect(requests()).toEqual([1_900, 1_939, 1_999, 2_119, 2_239]);
    // An alarm counts checks, so a run counts once, and at its first failure.
    expect(metric('Failed')?.at).toEqual([expect.closeTo((runs.at(-1)?.startedAt ?? 0) / SECOND + 39, -1)]);
    expect(metric('Failed ENDPOINT_UNAVAILABLE')?.values).toEqual([1]);
    expect(runs.at(-1)?.end).toBe('ENDPOINT_UNAVAILABLE');
  });

  test('succeeds as soon as an attempt does, although earlier ones failed', async () => {
    const { run, time, passTo, metric, break: fail, repair } = await startAfter(1_900);
    fail(unavailable);
    const running = run();
    await passTo(2_000);
    repair();
    expect(await time.until(running)).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    expect(metric('Minted')?.values).toEqual([1, 1]);
  });

  test('begins the next attempt less than three minutes after the start of one that hangs', async () => {
    const { run, time, requests, endpoint } = await startAfter(1_900);
    endpoint.fault = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    expect(await time.until(ended(run()))).toMatch('ENDPOINT_UNAVAILABLE');
    // The first attempt has a second request.
    expect(requests()).toEqual([1_900, 1_930, 2_000, 2_150]);
  });

  test.for([
    ['at the moment that the endpoint names', 200, [1_900, 2_100]],
    ['not at all if the endpoint names one after the end of the run', 400, [1_900]],
  ] as const)('tries again %s', async ([, seconds, expected]) => {
    const { run, time, requests, break: fail } = await startAfter(1_900);
    const until = time.now() + seconds * SECOND;
    fail(() => {
      const wait = Math.max(41, Math.floor((until - time.now()) / SECOND));
      return new Response(null, { status: 429, headers: { 'retry-after': String(wait) } });
    });
    expect(await time.until(ended(run()))).toMatch('RATE_LIMITED');
    expect(requests().slice(0, 2)).toEqual(expected);
  });

  test.for<[string, () => Response, string]>([
    [
      'rejects the client',
      () => Response.json({ error: 'invalid_client' }, { status: 401 }),
      'CLIENT_REJECTED',
    ],
    ['rejects the request', () => new Response(null, { status: 404 }), 'REQUEST_REJECTED'],
    ['answers with nonsense', () => new Response('<html>'), 'RESPONSE_INVALID'],
  ])('does not try again if the endpoint %s, because that rarely passes', async ([, answer, code]) => {
    const { run, time, requests, break: fail } = await startAfter(1_900);
    fail(answer);
    expect(await time.until(ended(run()))).toMatch(code);
    expect(requests()).toEqual([1_900]);
  });

  test.for(['GetParameter', 'DescribeSecret'])('tries %s again', async (failing) => {
    const { run, time, aws } = await startAfter(1_900);
    const from = time.now();
    aws.onCall = (operation) => {
      if (operation === failing && time.now() < from + 170 * SECOND)
        throw new AwsError('ThrottlingException', 'no');
    };
    expect(await time.until(run())).toMatchObject({ outcome: 'minted' });
    expect(Math.round((time.now() - from) / SECOND)).toBe(180);
  });

  test('replaces the token of a former secret, although it could not read the token at first', async () => {
    const { run, time, aws, putSecret } = await startAfter(1_000);
    const from = time.now();
    await putSecret('{"client_id": "id", "client_secret": "another"}');
    aws.onCall = (operation) => {
      if (operation === 'GetParameter' && time.now() < from + 30 * SECOND)
        throw new AwsError('ThrottlingException', 'no');
    };
    expect(await time.until(run())).toMatchObject({ outcome: 'minted', reason: 'source-changed' });
  });

  test('stores a token that it could not store, without another request', async () => {
    const { run, time, aws, requests } = await startAfter(1_900);
    const from = time.now();
    aws.onCall = (operation, { Name }) => {
      if (operation === 'PutParameter' && Name === '/a/b' && time.now() < from + 30 * SECOND)
        throw new AwsError('ThrottlingException', 'no');
    };
    expect(await time.until(run())).toMatchObject({ outcome: 'minted', reason: 'expiring' });
    expect(requests()).toEqual([1_900]);
  });

  test('ends within the time that is left to it', async () => {
    for (const checkEvery of [60, 300, 780, 840, 3_600]) {
      const policy = { checkEvery, refreshBefore: 2 * checkEvery };
      const { run, time, break: fail } = await startAfter(3_590, { policy });
      fail(unavailable);
      const before = time.now();
      await time.until(ended(run()));
      expect(time.now() - before).toBeLessThan(functionTimeout(checkEvery) * SECOND);
    }
  });
});
