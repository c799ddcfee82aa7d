import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import {
  answerCloudFormation,
  assertAnswerable,
} from '../../../lambda/deployment/cloudformation-response.ts';

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
    await answerCloudFormation(event, reason, async (_url, init) => {
      sent = Buffer.from(init?.body as Uint8Array).toString();
      return new Response();
    });
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
