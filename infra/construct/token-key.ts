import { createHash } from 'node:crypto';
import { Arn, ArnFormat, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal,
  type IPrincipal,
  type IRole,
  PolicyDocument,
  PolicyStatement,
  UnknownPrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { viaParameterStore } from './encryption-key.ts';
import { isRoleOrUser, principalArnIn, tagRole } from './principal-arn.ts';

/** Allow the account to manage the key, but not to use it or to let others use it. */
const ADMINISTRATION_ACTIONS = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

const READ_ACTIONS = ['kms:Decrypt'];

/** Parameter Store encrypts a standard parameter with Encrypt and an advanced one with GenerateDataKey. */
export const REFRESH_ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** The reader that leaves the decision to the account's IAM policies. */
const WHOLE_ACCOUNT = '*';

type Conditions = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;

export interface TokenKeyProps {
  readonly parameterName: string;
  readonly parameterArn: string;
  /** ARNs of principals, with `*` as a wildcard, or `*` alone. */
  readonly readers: readonly string[];
}

/**
 * The key of one token parameter. Its policy lets the account manage the key. Only the principals that the policy names may
 * use it, only through Parameter Store, and only if their own policies allow it too.
 */
export class TokenKey extends Key {
  private readonly parameterArn: string;
  private readonly readers: readonly string[];
  private readonly readerTag: { readonly key: string; readonly value: string };
  private hasTaggedReaders = false;
  /** ARNs by account: the key policy has one statement per account. Later grants add to the lists. */
  private readonly readersByAccount = new Map<string, string[]>();

  constructor(scope: Construct, id: string, { parameterName, parameterArn, readers }: TokenKeyProps) {
    const administration = new PolicyStatement({
      principals: [new AccountPrincipal(Stack.of(scope).account)],
      actions: ADMINISTRATION_ACTIONS,
      resources: ['*'],
    });
    super(scope, id, {
      description: `Encrypts the access token in ${parameterName}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
      // The shortest period that KMS allows. A lost token can be minted again.
      pendingWindow: Duration.days(7),
      policy: new PolicyDocument({ statements: [administration] }),
    });
    this.parameterArn = parameterArn;
    this.readers = readers;
    this.readerTag = readerTag(parameterName);
    for (const reader of readers) this.admitReader(reader);
  }

  allowRefresh(role: IRole): void {
    this.allowUse(REFRESH_ACTIONS, principalIn([role.roleArn]), this.parameterArn);
  }

  /**
   * Not limited to the current parameter: if `parameterName` changes, the old parameter is removed after the key policy
   * has changed. The role's own policies name both parameters.
   */
  allowRemoval(role: IRole): void {
    this.allowUse(READ_ACTIONS, principalIn([role.roleArn]), undefined);
  }

  /**
   * Identifies a role of another stack by a tag if CloudFormation chooses its name.
   * @throws Error if the principal is neither a role nor a user, or if the policy cannot name or tag it and there are no
   * `readers` that may match it
   */
  allowRead(principal: IPrincipal): void {
    if (principal instanceof UnknownPrincipal) return;
    if (!isRoleOrUser(principal)) {
      throw new Error(
        `grantRead: ${principal} is neither a role nor a user, and a key policy cannot name other principals. ` +
          'Grant access to the role that reads the token. For a group, list its users or their role in readers.',
      );
    }
    const arn = principalArnIn(this.stack, principal);
    if (arn !== undefined) this.admitReader(arn);
    else if (tagRole(principal, this.readerTag)) this.admitTaggedReaders();
    else if (this.readers.length === 0) {
      throw new Error(
        `grantRead: the key policy cannot name ${principal}, because another stack imports it. ` +
          'Add its ARN to the property readers of the TokenRefresher; "*" matches any characters.',
      );
    }
  }

  private admitReader(arn: string): void {
    if (arn === WHOLE_ACCOUNT) {
      this.allowUse(READ_ACTIONS, {}, this.parameterArn);
      return;
    }
    const account = accountOf(arn) ?? this.stack.account;
    const others = this.readersByAccount.get(account);
    if (others !== undefined) {
      if (!others.includes(arn)) others.push(arn);
      return;
    }
    const arns = [arn];
    this.readersByAccount.set(account, arns);
    this.allowUse(READ_ACTIONS, principalIn(arns), this.parameterArn, account);
  }

  private admitTaggedReaders(): void {
    if (this.hasTaggedReaders) return;
    this.hasTaggedReaders = true;
    const { key, value } = this.readerTag;
    this.allowUse(READ_ACTIONS, { StringEquals: { [`aws:PrincipalTag/${key}`]: value } }, this.parameterArn);
  }

  /**
   * Names the principals in a condition, because KMS refuses a policy with a principal that does not exist yet or was just
   * created. Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
   */
  private allowUse(
    actions: string[],
    who: Conditions,
    parameterArn: string | undefined,
    account = this.stack.account,
  ): void {
    const how = viaParameterStore(this, parameterArn);
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new AccountPrincipal(account)],
        actions,
        resources: ['*'],
        conditions: { ...who, StringEquals: { ...how.StringEquals, ...who.StringEquals } },
      }),
    );
  }
}

/** The key of the tag is a hash: a parameter name can be longer than a tag key, and IAM ignores the case of tag keys. */
function readerTag(parameterName: string): { readonly key: string; readonly value: string } {
  const hash = createHash('sha256').update(parameterName).digest('hex').slice(0, 16);
  return { key: `token-reader-${hash}`, value: parameterName };
}

function principalIn(arns: string[]): Conditions {
  return { ArnLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => arns }) } };
}

/** Undefined for an ARN that the stack resolves itself: its account is the stack's own. */
function accountOf(arn: string): string | undefined {
  return arn.startsWith('arn:') ? Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).account : undefined;
}
