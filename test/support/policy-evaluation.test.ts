import { describe, expect, test } from 'vitest';
import { isAllowed, type Statement } from './policy-evaluation.ts';
import { ACCOUNT } from './resolve-template.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/a`;

describe('isAllowed', () => {
  const request = { principal: ROLE, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' };
  const allow = (more: Partial<Statement>): Statement => ({ Effect: 'Allow', ...more });
  const all = allow({ Action: '*', Resource: '*' });
  const byAccount: Statement = { ...all, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
  const byName: Statement = { ...all, Principal: { AWS: ROLE } };
  const kms = { ...request, action: 'kms:Decrypt' };
  const assume = { ...request, action: 'sts:AssumeRole' };

  test.for<[boolean, string, Parameters<typeof isAllowed>]>([
    [false, 'no statement', [request, { identity: [] }]],
    [
      true,
      'an action in different case',
      [request, { identity: [allow({ Action: 'S3:get*', Resource: '*' })] }],
    ],
    [false, 'a longer action', [request, { identity: [allow({ Action: 's3:Get', Resource: '*' })] }]],
    [
      false,
      'NotAction with the action',
      [request, { identity: [allow({ NotAction: 's3:*', Resource: '*' })] }],
    ],
    [
      true,
      'NotAction with other actions',
      [request, { identity: [allow({ NotAction: 'iam:*', Resource: '*' })] }],
    ],
    [
      false,
      'NotResource with the resource',
      [request, { identity: [allow({ Action: '*', NotResource: 'arn:aws:s3:::bucket/*' })] }],
    ],
    [
      true,
      '? for one character',
      [request, { identity: [allow({ Action: '*', Resource: 'arn:aws:s3:::bucke?/key' })] }],
    ],
    [false, 'an additional deny statement', [request, { identity: [all, { ...all, Effect: 'Deny' }] }]],
    [
      false,
      'a deny statement of the resource',
      [request, { identity: [all], resource: [{ ...byName, Effect: 'Deny' }] }],
    ],
    [
      true,
      'a resource policy alone that names the principal',
      [request, { identity: [], resource: [byName] }],
    ],
    [
      false,
      'a resource policy alone that names the account',
      [request, { identity: [], resource: [byAccount] }],
    ],
    [false, 'a trust policy for the account alone', [assume, { identity: [], resource: [byAccount] }]],
    [
      true,
      'a trust policy for the account that IAM extends',
      [assume, { identity: [all], resource: [byAccount] }],
    ],
    [false, 'a role that trusts nobody', [assume, { identity: [all], resource: [] }]],
    [false, 'an empty key policy', [kms, { identity: [all], resource: [] }]],
    [
      true,
      "a key policy for the account, and the principal's own policy",
      [kms, { identity: [all], resource: [byAccount] }],
    ],
    [true, 'a key policy that names the principal', [kms, { identity: [], resource: [byName] }]],
    [
      false,
      'a condition on a key that the request lacks',
      [request, { identity: [{ ...all, Condition: { StringEquals: { 'aws:x': 'y' } } }] }],
    ],
    [
      false,
      'a wildcard that would have to match a colon',
      [request, { identity: [{ ...all, Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:role/a' } } }] }],
    ],
  ])('returns %s for %s', ([verdict, , [asked, policies]]) => {
    expect(isAllowed(asked, policies)).toBe(verdict);
  });

  test('fails for an unknown condition operator', () => {
    const unknown = { ...all, Condition: { DateLessThan: { 'aws:CurrentTime': '2031-01-01' } } };
    expect(() => isAllowed(request, { identity: [unknown] })).toThrow(/DateLessThan/);
  });
});
