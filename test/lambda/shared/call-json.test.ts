import { expect, test } from 'vitest';
import { callJson } from '../../../lambda/shared/call-json.ts';
import type { DirectEndpoint } from '../../../lambda/shared/direct-endpoint.ts';
import type { DirectSender } from '../../../lambda/shared/direct-sender.ts';

const ENDPOINT: DirectEndpoint = {
  ...{ service: 'ssm', region: 'us-east-1', url: new URL('https://ssm.us-east-1.amazonaws.com') },
  credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: undefined },
};
const CALL = { target: 'AmazonSSM.GetParameter', input: { Name: '/a' }, limits: { connect: 1, answer: 2 } };
const called = (text: string, sent: unknown[] = []) => {
  const send: DirectSender = async (...request) => {
    sent.push(request);
    return { status: 200, headers: {}, text };
  };
  return callJson(send, ENDPOINT, CALL);
};

test('a call sends its input as JSON and returns the fields of the answer', async () => {
  const sent: unknown[] = [];
  expect({ ...(await called('{"a":1}', sent)) }).toEqual({ a: 1 });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': CALL.target };
  expect(sent).toEqual([[ENDPOINT, { path: '/', headers, body: '{"Name":"/a"}', limits: CALL.limits }]]);
});

test.for(['', 'secret-value', '"secret-value"', '["secret-value"]', 'null'])(
  'an answer that is not a JSON object fails without a word of it: %j',
  async (text) => {
    await expect(called(text)).rejects.toMatchObject({ name: 'SyntaxError', message: 'not JSON' });
  },
);
