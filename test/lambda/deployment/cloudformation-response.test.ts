import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import {
  answerCloudFormation,
  assertAnswerable,
} from '../../../lambda/deployment/cloudformation-response.ts';
import { createTestClock } from '../../support/test-clock.ts';

const sentWith = (ResponseURL: string) => ({ ResponseURL }) as CloudFormationCustomResourceEvent;
const bucket = 'cloudformation-custom-resource-response';

test.for([
  ['amazonaws.com', `https://${bucket}-useast1.s3.amazonaws.com/x?X-Amz-Signature=y`],
  ['amazonaws.com', `https://${bucket}-euwest1.s3-eu-west-1.amazonaws.com/x`],
  ['amazonaws.com', `https://${bucket}-usgovwest1.s3.us-gov-west-1.amazonaws.com/x`],
  ['amazonaws.com.cn', `https://${bucket}-cnnorth1.s3.cn-north-1.amazonaws.com.cn/x`],
  ['c2s.ic.gov', `https://${bucket}-usisoeast1.s3.us-iso-east-1.c2s.ic.gov/x`],
  ['sc2s.sgov.gov', `https://${bucket}-usisobeast1.s3.us-isob-east-1.sc2s.sgov.gov/x`],
  ['amazonaws.eu', `https://${bucket}-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu/x`],
] as const)('accepts an event whose answer goes to a host of %s', ([suffix, url]) => {
  expect(() => assertAnswerable(sentWith(url), { URL_SUFFIX: suffix })).not.toThrow();
  expect(() => assertAnswerable(sentWith(url), { URL_SUFFIX: 'example.com' })).toThrow(
    /not from CloudFormation/,
  );
  expect(() => assertAnswerable(sentWith(url), {})).toThrow();
});

test.for<[string, string]>([
  ['amazonaws.com', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/x'],
  ['amazonaws.eu', 'https://bucket.s3.amazonaws.com/x'],
  ['amazonaws.eu', 'https://notamazonaws.eu/x'],
  ['c2s.ic.gov', 'https://bucket.s3.us-isob-east-1.sc2s.sgov.gov/x'],
])('a stack of %s rejects an event whose answer goes to %s', ([suffix, url]) => {
  expect(() => assertAnswerable(sentWith(url), { URL_SUFFIX: suffix })).toThrow(/not from CloudFormation/);
});

describe('an answer takes at most 4096 bytes', () => {
  const event = {
    RequestType: 'Create',
    ResponseURL: 'https://bucket.s3.amazonaws.com/x',
    StackId: `arn:aws:cloudformation:us-east-1:111111111111:stack/${'s'.repeat(128)}/0`,
    RequestId: 'request',
    LogicalResourceId: 'l'.repeat(255),
    ResourceType: 'Custom::TokenRemoval',
    ResourceProperties: { ParameterName: `/${'n'.repeat(254)}` },
  } as unknown as CloudFormationCustomResourceEvent;

  const answerWith = async (reason: string) => {
    let sent = '';
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      sent = Buffer.from(init?.body as Uint8Array).toString();
      return new Response();
    };
    await answerCloudFormation(event, reason, { clock: createTestClock(), fetch });
    return { bytes: Buffer.byteLength(sent), reason: JSON.parse(sent).Reason as string };
  };

  test.for<[string, string]>([
    ['plain text', 'a'],
    ['letters of two bytes', 'ä'],
    ['characters of three bytes', '語'],
    ['characters of four bytes', '😀'],
    ['quotation marks, which JSON escapes', '"'],
    ['control characters, which JSON escapes', '\u0001'],
    ['halves of a character', '\ud83d'],
  ])('for a long reason of %s', async ([, character]) => {
    const { bytes, reason } = await answerWith(character.repeat(6000));
    expect(bytes).toBeLessThanOrEqual(4096);
    expect(bytes).toBeGreaterThan(4096 - 12);
    expect(reason).toMatch(/^(.)\1*…$/su);
  });

  test('and keeps a reason whole that just fits', async () => {
    const empty = (await answerWith('')).bytes;
    const longest = 'a'.repeat(4096 - empty);
    expect((await answerWith(longest)).reason).toBe(longest);
    expect((await answerWith(`${longest}a`)).reason).toBe(`${longest.slice(0, -3)}…`);
  });
});

test.for<[string, string, Readonly<Record<string, string>>, boolean]>([
  ['a plain connection', 'http://bucket.s3.amazonaws.com/x', { URL_SUFFIX: 'amazonaws.com' }, false],
  ['no URL', 'x', { URL_SUFFIX: 'amazonaws.com' }, false],
  ['a local cloud', 'http://127.0.0.1:1/x', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, true],
  ['a local cloud whose address is empty', 'http://127.0.0.1:1/x', { AWS_ENDPOINT_URL: '' }, false],
])(
  'an event with %s as the address of its answer is accepted only from a local cloud',
  ([, url, env, ok]) => {
    const act = () => assertAnswerable(sentWith(url), env);
    if (ok) expect(act).not.toThrow();
    else expect(act).toThrow(/not from CloudFormation/);
  },
);

describe('an answer', () => {
  const FIRST_TOKEN = 'Custom::FirstToken';
  const REMOVAL = 'Custom::TokenRemoval';
  const eventOf = (RequestType: string, ResourceType: string) =>
    ({
      ResponseURL: 'https://bucket.s3.amazonaws.com/x?signature=of-the-test',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'logical',
      PhysicalResourceId: 'physical',
      ResourceProperties: { ParameterName: '/a/b' },
      ...{ RequestType, ResourceType },
    }) as unknown as CloudFormationCustomResourceEvent;

  /** Sends an answer. `respond` is called with the number of each attempt. */
  const send = async (
    event: CloudFormationCustomResourceEvent,
    reason?: string,
    respond: (attempt: number) => Response = () => new Response(),
  ) => {
    const requests: { readonly url: string; readonly init: RequestInit | undefined }[] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      requests.push({ url: String(url), init });
      return respond(requests.length);
    };
    const clock = createTestClock();
    const failure = await answerCloudFormation(event, reason, { clock, fetch }).catch(
      (error: Error) => error.message,
    );
    const answers = requests.map(({ init }) => JSON.parse(Buffer.from(init?.body as Uint8Array).toString()));
    return { requests, answer: answers[0], failure, sleeps: clock.sleeps };
  };

  test.for([
    ['Create', FIRST_TOKEN, 'logical'],
    ['Update', FIRST_TOKEN, 'logical'],
    ['Delete', FIRST_TOKEN, 'physical'],
    ['Create', REMOVAL, '/a/b'],
    ['Update', REMOVAL, '/a/b'],
    ['Delete', REMOVAL, 'physical'],
  ] as const)('to %s of %s has the physical id "%s"', async ([request, resource, physicalId]) => {
    expect((await send(eventOf(request, resource))).answer).toEqual({
      Status: 'SUCCESS',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'logical',
      PhysicalResourceId: physicalId,
    });
  });

  test('says why the request failed', async () => {
    const { answer } = await send(eventOf('Create', FIRST_TOKEN), 'the reason');
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'the reason', StackId: 'stack' });
  });

  test('is put at the address of the event, without a content type and without following redirects', async () => {
    const { requests, failure } = await send(eventOf('Create', FIRST_TOKEN));
    expect(failure).toBeUndefined();
    expect(requests).toEqual([
      {
        url: 'https://bucket.s3.amazonaws.com/x?signature=of-the-test',
        init: {
          method: 'PUT',
          headers: { 'content-type': '' },
          redirect: 'error',
          signal: expect.any(AbortSignal),
          body: expect.any(Uint8Array),
        },
      },
    ]);
  });

  test.for([
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const)('that is refused %i times is sent %i times, a second apart', async ([refusals, attempts]) => {
    const { requests, failure, sleeps } = await send(
      eventOf('Create', FIRST_TOKEN),
      undefined,
      (attempt) => new Response(null, { status: attempt <= refusals ? 503 : 200 }),
    );
    expect(requests).toHaveLength(attempts);
    expect(sleeps).toEqual(Array(refusals).fill(1_000));
    expect(failure).toBeUndefined();
  });

  test('that is refused three times fails the run, without the signed address', async () => {
    const { requests, failure } = await send(eventOf('Create', FIRST_TOKEN), undefined, () => {
      throw new TypeError('failed to fetch https://bucket.s3.amazonaws.com/x?signature=of-the-test');
    });
    expect(requests).toHaveLength(3);
    expect(failure).toBe('CloudFormation could not be answered: TypeError');
  });

  test('that gets no response within ten seconds is sent again', async () => {
    const limits: number[] = [];
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      init?.signal?.throwIfAborted();
      return new Response();
    };
    const timeout = (milliseconds: number) =>
      limits.push(milliseconds) === 1 ? AbortSignal.abort() : new AbortController().signal;
    const clock = { ...createTestClock(), timeout };
    await answerCloudFormation(eventOf('Create', FIRST_TOKEN), undefined, { clock, fetch });
    expect(limits).toEqual([10_000, 10_000]);
  });

  test('releases its connection, also if it has a body', async () => {
    const response = new Response('body');
    await send(eventOf('Create', FIRST_TOKEN), undefined, () => response);
    expect(response.bodyUsed).toBe(true);
  });
});
