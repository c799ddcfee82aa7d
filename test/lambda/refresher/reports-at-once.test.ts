import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { newTokens } from '../../support/new-tokens.ts';
import { simulateRefresher } from '../../support/simulated-refresher.ts';

const SECOND = 1_000;
const KIND = { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 } as const;

/** Parameter Store answers so many calls of an operation in a second. Default: any number. */
type Quota = Readonly<Record<string, number>>;

/** Consumers report the stored token, all at once. Returns how the reports end, and what they cost. */
const reportAtOnce = async (reports: number, quota: Quota = {}) => {
  const { time, aws, endpoint, run, record } = await simulateRefresher({ kind: KIND });
  const grant = newTokens(() => 3_600);
  endpoint.fault = grant;
  await time.until(run());
  await time.advance(300 * SECOND);
  endpoint.fault = async () => {
    await time.sleep(SECOND / 2);
    return grant();
  };
  const before = endpoint.requests.length;
  const used = new Map<string, number>();
  let calls = 0;
  aws.onCall = (operation, { Name: name }) => {
    if (name === undefined) return;
    const key = `${operation} ${Math.floor(time.now() / SECOND)}`;
    used.set(key, (used.get(key) ?? 0) + 1);
    if ((used.get(key) ?? 0) > (quota[operation] ?? Number.POSITIVE_INFINITY))
      throw new AwsError('ThrottlingException', 'Rate exceeded');
    calls += 1;
  };
  const startedAt = time.now();
  const report = () =>
    run({ rejected: sha256('new-1') }).then(
      ({ reason }) => reason,
      (error: Error) => error.message,
    );
  const ends = await time.until(Promise.all(Array.from({ length: reports }, report)));
  const seconds = (time.now() - startedAt) / SECOND;
  const { token } = await record();
  return { ends, calls, seconds, token: token.access_token, requests: endpoint.requests.length - before };
};

describe('of many reports of a rejected token at once,', () => {
  test.for([10, 100])(
    'one of %i mints, and none needs more than five calls to Parameter Store',
    async (reports) => {
      const { ends, calls, token, requests } = await reportAtOnce(reports);
      expect(ends.filter((end) => end === 'rejected')).toHaveLength(1);
      expect(ends.filter((end) => end === 'being-replaced')).toHaveLength(reports - 1);
      expect({ token, requests }).toEqual({ token: 'new-2', requests: 1 });
      // The one that mints reads the token twice more, writes it, and releases the claim.
      expect(calls).toBeLessThanOrEqual(5 * reports + 4);
    },
  );

  test.for<[string, Quota]>([
    ['reads', { GetParameter: 40 }],
    ['writes', { PutParameter: 3 }],
    ['both', { GetParameter: 40, PutParameter: 3 }],
  ])('none fails, and one mints, if Parameter Store throttles %s', async ([, quota]) => {
    const { ends, seconds, token, requests } = await reportAtOnce(100, quota);
    expect(new Set(ends)).toEqual(new Set(['rejected', 'being-replaced', 'already-replaced']));
    expect({ token, requests }).toEqual({ token: 'new-2', requests: 1 });
    expect(seconds).toBeLessThan(40);
  });
});
