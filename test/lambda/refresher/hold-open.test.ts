import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, expect, test } from 'vitest';
import { holdOpen } from '../../../lambda/refresher/hold-open.ts';
import { newObservations } from '../../../lambda/refresher/report-attempt.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const configuration = configurationFor('https://auth.example.com/token');

let clock: TestClock;
let aws: InProcessAws;
/** Unix time in seconds at which the held token ends. */
let end: number;
/** Fingerprint of the settings and the secret. */
let source: string;
/** The requests, in seconds after the end of the token. */
let requests: number[];

beforeEach(async () => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  [end, requests] = [clock.now() / 1_000 + 100, []];
  const SecretString = '{"client_id": "id", "client_secret": "secret"}';
  const secret = await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString }));
  source = sourceFingerprint(configuration, secret.VersionId ?? '');
});

const granted = (access_token: string, expires_in = 3_600) =>
  Response.json({ access_token, token_type: 'Bearer', expires_in });
const same = () => granted('held');
const shorter = () => granted('other', 5);
const next = () => granted('next');
const slowly = (seconds: number) => () => {
  clock.advance(seconds * 1_000);
  return same();
};

/** Holds a run open for a stored token. The last of the answers repeats. */
const hold = async (
  answers: readonly (() => Response)[],
  { storedSource = source, random = () => 0 } = {},
) => {
  const token = { access_token: 'held', token_type: 'Bearer', issued_at: end - 3_600, expires_at: end };
  const Value = JSON.stringify({ ...token, source: storedSource });
  await aws.ssm.send(new PutParameterCommand({ Name: '/a/b', Value, Type: 'SecureString' }));
  const fetch = async () => {
    requests.push(clock.now() / 1_000 - end);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    return answer?.() ?? Response.error();
  };
  const tools = {
    ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager, clock, fetch, random },
    ...{ observations: newObservations(), memory: {}, runId: 'run' },
  };
  const held = { outcome: 'kept', reason: 'same-token', expires_at: end, parameter_version: 1 } as const;
  return holdOpen(held, configuration, tools);
};

const OTHER_SOURCE = 'a'.repeat(64);
const WHOLE = [-25, 1, 2, 3, 5, 7, 10];
test.for<[string, readonly (() => Response)[], { storedSource?: string }, readonly number[], string]>([
  ['the next token early', [next], {}, [-25], 'minted expiring'],
  ['the next token in time', [same, same, next], {}, [-25, 1, 2], 'minted expiring'],
  ['the same token ten seconds after its end, which was wrong', [same], {}, WHOLE, 'minted expiring'],
  ['from another node a token that ends sooner', [shorter, next], {}, [-25, 1], 'minted expiring'],
  [
    'the same token after a change of settings',
    [same, next],
    { storedSource: OTHER_SOURCE },
    [-25, 1],
    'minted expiring',
  ],
  [
    'an answer exactly when the next request is due',
    [same, slowly(1), next],
    {},
    [-25, 1, 2],
    'minted expiring',
  ],
  ['an answer just after that', [same, slowly(1.5), next], {}, [-25, 1, 3], 'minted expiring'],
])('a run that waits for the end of a token gets %s', async ([, answers, options, expected, outcome]) => {
  const { outcome: ended, reason } = await hold(answers, options);
  expect(requests).toEqual(expected);
  expect(`${ended} ${reason}`).toBe(outcome);
});

test('a run that waits for the end of a token ends at once after a defect', async () => {
  const random = () => {
    throw new TypeError('a defect');
  };
  await expect(hold([() => new Response(null, { status: 503 })], { random })).rejects.toThrow(TypeError);
  expect(requests).toEqual([-25]);
});
