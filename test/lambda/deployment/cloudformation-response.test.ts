import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { assertAnswerable } from '../../../lambda/deployment/cloudformation-response.ts';

const sentWith = (ResponseURL: string) => ({ ResponseURL }) as CloudFormationCustomResourceEvent;
const bucket = 'cloudformation-custom-resource-response';

test.for([
  ['amazonaws.com', `https://${bucket}-useast1.s3.amazonaws.com/x?X-Amz-Signature=y`],
  ['amazonaws.com', `https://${bucket}-euwest1.s3-eu-west-1.amazonaws.com/x`],
  ['amazonaws.com.cn', `https://${bucket}-cnnorth1.s3.cn-north-1.amazonaws.com.cn/x`],
] as const)('accepts an event whose answer goes to a host of %s', ([suffix, url]) => {
  expect(() => assertAnswerable(sentWith(url), { URL_SUFFIX: suffix })).not.toThrow();
  expect(() => assertAnswerable(sentWith(url), { URL_SUFFIX: 'example.com' })).toThrow(
    /not from CloudFormation/,
  );
  expect(() => assertAnswerable(sentWith(url), {})).toThrow();
});
