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
import { principalArnIn } from './principal-arn.ts';

/** What it takes to keep a key manageable. Nothing here uses the key or lets somebody else use it. */
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

/** Parameter Store encrypts a standard parameter with Encrypt and an advanced one with GenerateDataKey. */
export const REFRESH_ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** The reader that stands for whoever the account's IAM policies allow. */
export const WHOLE_ACCOUNT = '*';

export interface TokenKeyProps {
  readonly parameterName: string;
  readonly parameterArn: string;
  /** ARNs of principals, with `*` as a wildcard, or `*` alone. */
  readonly readers: readonly string[];
}

/**
 * The key of one token parameter. Its policy lets the account administer it, but use it only those that are named, through
 * Parameter Store, and as far as their own policies allow it as well.
 */
export class TokenKey extends Key {
  private readonly parameterArn: string;
  private readonly readers: readonly string[];
  /** By account, under which a key policy names its principals. The list of each still grows. */
  private readonly admittedReaders = new Map<string, string[]>();

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
      // The shortest that KMS takes: a lost token is minted again.
      pendingWindow: Duration.days(7),
      policy: new PolicyDocument({ statements: [administration] }),
    });
    this.parameterArn = parameterArn;
    this.readers = readers;
    for (const reader of readers) this.admitReader(reader);
  }

  allowRefresh(role: IRole): void {
    this.allowUse(REFRESH_ACTIONS, { arns: [role.roleArn], parameterArn: this.parameterArn });
  }

  /**
   * Not for this parameter alone: one that the stack has replaced by another is removed after the key policy has changed.
   * The role's own policies name both.
   */
  allowRemoval(role: IRole): void {
    this.allowUse(['kms:Decrypt'], { arns: [role.roleArn] });
  }

  /** @throws Error where the key policy cannot name the principal and there are no `readers` that may cover it */
  allowRead(principal: IPrincipal): void {
    if (principal instanceof UnknownPrincipal) return;
    const arn = principalArnIn(this.stack, principal);
    if (arn !== undefined) {
      this.admitReader(arn);
    } else if (this.readers.length === 0) {
      throw new Error(
        `grantRead: ${principal} is made by another stack under a name that the key policy cannot know. ` +
          'Give the role a roleName, or the TokenRefresher its ARN in readers, where "*" stands for any characters.',
      );
    }
  }

  private admitReader(arn: string): void {
    const account = accountOf(arn) ?? this.stack.account;
    const group = arn === WHOLE_ACCOUNT ? WHOLE_ACCOUNT : account;
    const arns = this.admittedReaders.get(group);
    if (arns === undefined) {
      const first = [arn];
      this.admittedReaders.set(group, first);
      this.allowUse(['kms:Decrypt'], { account, arns: first, parameterArn: this.parameterArn });
    } else if (!arns.includes(arn)) {
      arns.push(arn);
    }
  }

  /**
   * The principals stand in a condition. As principals, KMS would refuse the policy while it does not know them yet, as
   * a role made a moment ago. Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
   */
  private allowUse(
    actions: string[],
    {
      account = this.stack.account,
      arns,
      parameterArn,
    }: { readonly account?: string; readonly arns: string[]; readonly parameterArn?: string },
  ): void {
    const conditions = viaParameterStore(this, parameterArn);
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new AccountPrincipal(account)],
        actions,
        resources: ['*'],
        conditions: arns.includes(WHOLE_ACCOUNT)
          ? conditions
          : { ...conditions, ArnLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => arns }) } },
      }),
    );
  }
}

/** Undefined for an ARN that the stack resolves itself, which is one of its own account. */
function accountOf(arn: string): string | undefined {
  return arn.startsWith('arn:') ? Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).account : undefined;
}
