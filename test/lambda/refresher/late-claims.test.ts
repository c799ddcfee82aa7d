import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { newTokens } from '../../support/new-tokens.ts';
import { simulateRefresher } from '../../support/simulated-refresher.ts';

const SECOND = 1_000;
const KIND = { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 } as const;
const CLAIM = '/a/b.claim';

/** A refresher with a token that was minted `age` seconds ago, at an endpoint that grants another one each time. */
const startAfter = async (age: number) => {
  const simulated = await simulateRefresher({ kind: KIND });
  const { time, aws, endpoint, stored } = simulated;
  endpoint.fault = newTokens(() => 3_600);
  await time.until(simulated.run());
  await time.advance(age * SECOND);
  const before = endpoint.requests.length;
  const run = (event: unknown) =>
    simulated.run(event, { isAwaited: true }).then(
      ({ reason }) => reason,
      (error: Error) => error.message.split(':')[0],
    );
  const report = () => run({ rejected: sha256(stored.at(-1)?.access_token ?? '') });
  return {
    ...simulated,
    run,
    report,
    requests: () => endpoint.requests.length - before,
    claim: async () => {
      const { Parameter } = await aws.ssm.send(new GetParameterCommand({ Name: CLAIM }));
      return JSON.parse(Parameter?.Value ?? '');
    },
    /** Starts two runs at once. The second one's claim arrives when the first run has ended. Returns their ends. */
    overlap: async (start: () => Promise<string | undefined>, meanwhile: () => void = () => undefined) => {
      const { onCall } = aws;
      const gate = Promise.withResolvers<void>();
      let claims = 0;
      aws.onCall = (operation, input) => {
        const first = onCall(operation, input);
        if (operation !== 'PutParameter' || input.Name !== CLAIM) return first;
        claims += 1;
        return claims === 2 ? gate.promise : first;
      };
      const [one, two] = [start(), start()];
      const first = await time.until(one);
      meanwhile();
      gate.resolve();
      return [first, await time.until(two)];
    },
  };
};
const limited = () => new Response(null, { status: 429, headers: { 'retry-after': '1200' } });

describe('a run whose claim arrives after another run has ended', () => {
  test('sends no request during the pause that the other run got', async () => {
    const { run, overlap, endpoint, requests } = await startAfter(1_801);
    endpoint.fault = limited;
    expect(await overlap(() => run({}))).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    expect(requests()).toBe(1);
  });

  test('keeps that pause for later runs, even if it fails before it could send a request', async () => {
    const { run, overlap, aws, endpoint, time, requests } = await startAfter(1_801);
    endpoint.fault = limited;
    const { onCall } = aws;
    const isDown = () => {
      const before = aws.onCall;
      aws.onCall = (operation, input) => {
        if (operation === 'DescribeSecret') throw new AwsError('AccessDeniedException', 'no');
        return before(operation, input);
      };
    };
    expect(await overlap(() => run({}), isDown)).toEqual(['RATE_LIMITED', 'CREDENTIALS_UNAVAILABLE']);
    aws.onCall = onCall;
    expect(await time.until(run({}))).toBe('RATE_LIMITED');
    expect(requests()).toBe(1);
  });

  test('does not take back the count of rejected tokens', async () => {
    const { report, overlap, claim, time } = await startAfter(61);
    expect(await time.until(report())).toBe('rejected');
    await time.advance(61 * SECOND);
    expect(await overlap(report)).toEqual(['rejected', 'already-replaced']);
    expect((await claim()).rejections).toMatchObject({ count: 2 });
  });
});

test('a report whose claim arrives late keeps a rejected token that the endpoint has just granted again', async () => {
  const { report, overlap, claim, endpoint, stored, time, requests } = await startAfter(61);
  const [{ access_token = '' } = {}] = stored;
  endpoint.fault = () => Response.json({ access_token, token_type: 'Bearer', expires_in: 3_000 });
  expect(await time.until(report())).toBe('same-token');
  await time.advance(61 * SECOND);
  expect(await overlap(report)).toEqual(['same-token', 'just-minted']);
  expect(requests()).toBe(2);
  expect((await claim()).rejections).toMatchObject({ count: 2 });
});
