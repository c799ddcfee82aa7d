import { expect, test } from 'vitest';
import { functionTimeout } from '../../../lambda/shared/time-budget.ts';
import { newTokens } from '../../support/new-tokens.ts';
import { simulateRefresher } from '../../support/simulated-refresher.ts';

const SECOND = 1_000;
const KIND = { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 } as const;
/** The SDK's clients give a call three attempts of four seconds. It may succeed at the end of the third. */
const SLOWEST = 11.9;

/** A run with a stored token of `age` seconds. From `slowFrom` on, calls to AWS take `seconds`, unless they are aborted. */
const runSlowly = async (
  age: number,
  { isAwaited = false, event = {} as unknown, seconds = SLOWEST, slowFrom = age, only = /./ } = {},
) => {
  const simulated = await simulateRefresher({ kind: KIND });
  const { aws, time, endpoint, metrics } = simulated;
  endpoint.fault = newTokens(() => 3_600);
  await time.until(simulated.run());
  const issuedAt = time.now();
  await time.advance(age * SECOND);
  for (const client of [aws.ssm, aws.secretsManager]) {
    const send = client.send.bind(client) as (...sent: unknown[]) => Promise<unknown>;
    const sendSlowly = async (command: object, options: { readonly abortSignal?: AbortSignal } = {}) => {
      const isSlow = time.now() >= issuedAt + slowFrom * SECOND && only.test(command.constructor.name);
      if (isSlow) await time.sleep(seconds * SECOND, options.abortSignal);
      return send(command, options);
    };
    client.send = sendSlowly as typeof client.send;
  }
  const startedAt = time.now();
  const remaining = isAwaited ? 60 : functionTimeout(300);
  const end = await time.until(
    simulated.run(event, { isAwaited, remaining }).then(
      ({ reason }) => reason,
      (error: Error) => error.message.slice(0, error.message.indexOf(':')),
    ),
  );
  const failed = metrics.series.get(`TokenRefresher/Failed ${end}`)?.values.length ?? 0;
  return { end, failed, seconds: (time.now() - startedAt) / SECOND, remaining };
};

test.for<[string, Parameters<typeof runSlowly>, string]>([
  ['a check', [1_900, { isAwaited: true }], 'STORE_UNAVAILABLE'],
  ['a forced run', [600, { isAwaited: true, event: { force: true } }], 'STORE_UNAVAILABLE'],
  [
    'a check whose reads of the secret are slow',
    [1_900, { isAwaited: true, seconds: 25, only: /Secret/ }],
    'CREDENTIALS_UNAVAILABLE',
  ],
  [
    'a check that remembers the versions',
    [1_900, { isAwaited: true, seconds: 39, only: /DescribeSecret/ }],
    'ENDPOINT_UNAVAILABLE',
  ],
  [
    'a check whose write of the claim never ends',
    [1_900, { isAwaited: true, seconds: 100, only: /PutParameter/ }],
    'STORE_UNAVAILABLE',
  ],
  ['a run that waited until the token was due', [1_440, { slowFrom: 1_799 }], 'STORE_UNAVAILABLE'],
])('if calls to AWS are slow, %s fails in time to report it', async ([, run, code]) => {
  const { end, failed, seconds, remaining } = await runSlowly(...run);
  expect({ end, failed }).toEqual({ end: code, failed: 1 });
  // The release of the claim takes up to two seconds.
  const spare = remaining - seconds;
  expect(spare).toBeGreaterThanOrEqual(18);
  expect(spare).toBeLessThan(21);
});

test('if calls to AWS are slow, but fast enough, a run mints', async () => {
  expect(await runSlowly(1_900, { isAwaited: true, seconds: 5 })).toMatchObject({ end: 'expiring' });
});
