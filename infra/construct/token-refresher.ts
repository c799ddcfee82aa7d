import { type Duration, Stack, Token } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  type ClientAuthenticationMethod,
  claimParameterName,
  ENVIRONMENT,
} from '../../lambda/shared/refresher-environment.ts';
import { tokenUrlProblem } from '../../lambda/shared/token-url.ts';
import { shareWithAccount } from './account-share.ts';
import { createAlarms, type TokenRefresherAlarms } from './alarms.ts';
import { roleOf, type VpcPlacement } from './bundled-function.ts';
import { createEmptySecret, secretId } from './credentials-secret.ts';
import { createDashboard } from './dashboard.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { createDeploymentFunction } from './deployment-function.ts';
import { grantKeyForParameter } from './encryption-key.ts';
import { createFirstToken } from './first-token.ts';
import { connect, grantRead, grantReport, type ITokenRefresher } from './grants.ts';
import { ImportedTokenRefresher, type TokenRefresherAttributes } from './imported-token-refresher.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  extraParametersProblem,
  parameterNameProblem,
  policyProblem,
  readerProblem,
  readersProblem,
  scopeProblem,
  shown,
} from './property-rules.ts';
import { createRefresherFunction } from './refresher-function.ts';
import { createSchedule } from './schedule.ts';
import { REFRESH_ACTIONS, TokenKey } from './token-key.ts';
import { createTokenRemoval } from './token-removal.ts';

export type { ClientAuthenticationMethod, ITokenRefresher, TokenRefresherAlarms, TokenRefresherAttributes };

export interface TokenRefresherProps {
  /** The token endpoint (RFC 6749 section 3.2), as an `https:` URL. */
  readonly tokenUrl: string;

  /** Full name of the SecureString parameter that the token is written to, beginning with `/`. */
  readonly parameterName: string;

  /**
   * The secret with the client's credentials, as JSON with `client_id` and `client_secret`.
   * @default - an empty secret is made; put the credentials into it after the deployment
   */
  readonly credentials?: ISecret;

  /**
   * Space-separated scopes to ask for (RFC 6749 section 3.3).
   * @default - no scope is asked for; the authorization server grants what it sees fit
   */
  readonly scope?: string;

  /**
   * Further form fields of the token request, such as `audience` or `resource`. Visible in the template.
   * @default - none
   */
  readonly extraParameters?: Readonly<Record<string, string>>;

  /**
   * How the client proves itself: in the form or in the `Authorization` header (RFC 6749 section 2.3.1).
   * @default client_secret_post
   */
  readonly clientAuthentication?: ClientAuthenticationMethod;

  /**
   * Time from one check to the next, in whole minutes, from one minute to twelve hours.
   * @default Duration.minutes(5)
   */
  readonly checkEvery?: Duration;

  /**
   * Validity left at which a token is replaced, at least `checkEvery` plus a minute, at most a day. For a
   * token that lives for less than twice this, half its lifetime counts instead.
   * @default Duration.minutes(30)
   */
  readonly refreshBefore?: Duration;

  /**
   * The key that encrypts the parameter. Its own policy decides who may use it.
   * @default - a key of its own is made, with yearly rotation, which nobody can use but for this parameter
   */
  readonly encryptionKey?: IKey;

  /**
   * Who may decrypt the token besides those given to `grantRead`, where their own policies allow it as well: ARNs of roles and
   * users, in which `*` stands for any characters, or `*` for whoever the IAM policies of the account allow. Not with `encryptionKey`.
   * @default - nobody else
   */
  readonly readers?: readonly string[];

  /**
   * Where the functions run. They need a way to the token endpoint, Systems Manager, Secrets Manager, Lambda and, while the
   * stack is deployed or destroyed, to S3, which takes their answer to CloudFormation.
   * @default - outside of any VPC, with TLS to public endpoints
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of `vpc` for the functions.
   * @default - its private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * The security groups of the functions in `vpc`.
   * @default - one for each function, which allows all outbound traffic and no inbound
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Where the alarms are announced when they go off and when they are over. Its policy, and that of its key where it has one, has
   * to let CloudWatch publish: AWS's own key for SNS does not.
   * @default - the alarms go off without telling anybody
   */
  readonly notificationTopic?: ITopic;

  /**
   * Whether to make a CloudWatch dashboard, at $3 a month beyond the first three of an account.
   * @default true
   */
  readonly dashboard?: boolean;
}

/** Keeps an OAuth 2.0 access token fresh in an encrypted SSM parameter, from which any function can read it. */
export class TokenRefresher extends Construct implements ITokenRefresher {
  /** A refresher that another app deploys. */
  static fromAttributes(scope: Construct, id: string, attributes: TokenRefresherAttributes): ITokenRefresher {
    return new ImportedTokenRefresher(scope, id, attributes);
  }

  readonly parameterName: string;
  readonly parameterArn: string;
  readonly encryptionKey: IKey;
  readonly function: IFunction;
  /** The secret that holds the client's credentials. */
  readonly credentials: ISecret;
  /** Receives schedule events that could not be delivered and failed runs. */
  readonly deadLetterQueue: IQueue;
  readonly alarms: TokenRefresherAlarms;
  private readonly shareWith: (accountId: string) => void;

  /** @throws Error where a property is out of its bounds, naming the property, the value and what is allowed */
  constructor(scope: Construct, id: string, props: TokenRefresherProps) {
    super(scope, id);
    assertUsable(props);
    const stack = Stack.of(this);
    const { parameterName, checkEvery = DEFAULT_CHECK_EVERY, refreshBefore = DEFAULT_REFRESH_BEFORE } = props;
    this.parameterName = parameterName;
    this.parameterArn = stack.formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: parameterName.replace(/^\//, ''),
    });
    this.credentials = props.credentials ?? (createEmptySecret(this) as ISecret);
    this.encryptionKey =
      props.encryptionKey ??
      new TokenKey(this, 'EncryptionKey', {
        parameterName,
        parameterArn: this.parameterArn,
        readers: props.readers ?? [],
      });
    this.deadLetterQueue = createDeadLetterQueue(this);
    const environment = {
      [ENVIRONMENT.tokenUrl]: props.tokenUrl,
      // Not a partial ARN: AWS takes a name's last hyphen and six letters for the end of a complete one.
      [ENVIRONMENT.credentialsSecretId]: secretId(this.credentials),
      [ENVIRONMENT.parameterName]: parameterName,
      [ENVIRONMENT.parameterKeyId]: this.encryptionKey.keyArn,
      ...(props.scope === undefined ? {} : { [ENVIRONMENT.scope]: props.scope }),
      ...(props.extraParameters === undefined
        ? {}
        : { [ENVIRONMENT.extraParameters]: JSON.stringify(props.extraParameters) }),
      [ENVIRONMENT.clientAuthentication]: props.clientAuthentication ?? 'client_secret_post',
      [ENVIRONMENT.checkEvery]: String(checkEvery.toSeconds()),
      [ENVIRONMENT.refreshBefore]: String(refreshBefore.toSeconds()),
    };
    const placement = vpcPlacement(props);
    const deploymentFunction = createDeploymentFunction(this, placement);
    const removal = createTokenRemoval(this, {
      deploymentFunction,
      parameterName,
      parameterArn: this.parameterArn,
      encryptionKey: this.encryptionKey,
    });
    const refresher = createRefresherFunction(this, {
      environment,
      deadLetterQueue: this.deadLetterQueue,
      placement,
    });
    this.function = refresher;
    if (this.encryptionKey instanceof TokenKey) {
      this.encryptionKey.allowRefresh(roleOf(refresher));
      this.encryptionKey.allowRemoval(roleOf(deploymentFunction));
    }
    // The function would create it as well, but then nothing would remove it.
    const claim = new StringParameter(this, 'ReplacementClaim', {
      description: `Lets one run at a time replace a rejected token in ${parameterName}`,
      parameterName: claimParameterName(parameterName),
      stringValue: '{}',
    });
    this.grantRefresh(refresher, claim.parameterArn);
    const firstToken = createFirstToken(this, {
      deploymentFunction,
      refresher,
      credentials: this.credentials,
      secretMayBeEmpty: props.credentials === undefined,
    });
    const schedule = createSchedule(this, {
      stack,
      target: refresher,
      checkEvery,
      deadLetterQueue: this.deadLetterQueue,
    });
    this.alarms = createAlarms(this, {
      parameterName,
      checkEvery,
      refreshBefore,
      refresher,
      deadLetterQueue: this.deadLetterQueue,
      firstToken,
      topic: props.notificationTopic,
    });
    if (props.dashboard ?? true) {
      createDashboard(this, { parameterName, checkEvery, refreshBefore, refresher, alarms: this.alarms });
    }
    this.shareWith = (accountId) => {
      if (props.credentials === undefined)
        throw new Error('grantReadToAccount: give the refresher existing credentials first');
      shareWithAccount(this, refresher, firstToken, accountId);
    };
    // What is created last is destroyed first: no check may bring the parameter back once it has been removed. A run that is
    // under way outlives the function, but not the permissions of its role.
    refresher.node.addDependency(removal);
    roleOf(refresher).node.findChild('DefaultPolicy').node.addDependency(removal);
    schedule.node.addDependency(firstToken);
  }

  /**
   * Allows to read the current token: `ssm:GetParameter` on this parameter and decryption of it, nothing else. The policy of the
   * refresher's own key names the grantee; one of another stack that has no name of its own gets a tag for it.
   * @throws Error where the grantee is neither a role nor a user, and where that policy cannot name it, as one that another stack
   * imports, and there are no `readers`
   */
  grantRead(grantee: IGrantable): Grant {
    if (this.encryptionKey instanceof TokenKey) this.encryptionKey.allowRead(grantee.grantPrincipal);
    return grantRead(this, grantee);
  }

  grantReport(grantee: IGrantable): Grant {
    return grantReport(this, grantee);
  }

  /** @throws Error also where the function is in another account or region */
  connect(consumer: LambdaFunction): void {
    assertSameEnvironment(this, consumer);
    connect(this, consumer);
  }

  /**
   * Lets another account's roles read the token, as far as their own policies allow it: shares the parameter with the
   * account and lets it decrypt. The parameter becomes an advanced one, at $0.05 a month, and stays one. In the other
   * account, `TokenRefresher.fromAttributes` grants it to roles.
   * The other account has to accept the share, unless AWS Organizations does it for both.
   * @throws Error for anything but 12 digits, and where the secret is the stack's own, since there is no parameter to
   * share until the credentials are put
   */
  grantReadToAccount(accountId: string): void {
    this.shareWith(accountId);
  }

  private grantRefresh(grantee: IGrantable, claimArn: string): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['ssm:GetParameter', 'ssm:PutParameter'],
      resourceArns: [this.parameterArn, claimArn],
    });
    grantKeyForParameter(this.encryptionKey, this.parameterArn, grantee, REFRESH_ACTIONS);
    this.credentials.grantRead(grantee);
  }
}

function assertSameEnvironment(refresher: Construct, consumer: Construct): void {
  const [own, other] = [Stack.of(refresher), Stack.of(consumer)];
  const differ = (a: string, b: string) => !Token.isUnresolved(a) && !Token.isUnresolved(b) && a !== b;
  if (differ(own.account, other.account)) {
    throw new Error(
      `connect: ${consumer.node.path} is in account ${other.account}, the refresher in ${own.account}. Share the token with ` +
        `grantReadToAccount('${other.account}'), and take it up there with TokenRefresher.fromAttributes.`,
    );
  }
  if (differ(own.region, other.region)) {
    throw new Error(
      `connect: ${consumer.node.path} is in ${other.region}, the refresher in ${own.region}. Make another refresher there.`,
    );
  }
}

function vpcPlacement({ vpc, vpcSubnets, securityGroups }: TokenRefresherProps): VpcPlacement {
  if (vpc === undefined) return {};
  return {
    vpc,
    ...(vpcSubnets === undefined ? {} : { vpcSubnets }),
    ...(securityGroups === undefined ? {} : { securityGroups }),
  };
}

function assertUsable(props: TokenRefresherProps): void {
  const { checkEvery = DEFAULT_CHECK_EVERY, refreshBefore = DEFAULT_REFRESH_BEFORE } = props;
  const policy = policyProblem(checkEvery, refreshBefore);
  const problems = [
    ['tokenUrl', props.tokenUrl, tokenUrlProblem(props.tokenUrl)],
    ['parameterName', props.parameterName, parameterNameProblem(props.parameterName)],
    ['scope', props.scope, props.scope === undefined ? undefined : scopeProblem(props.scope)],
    ['extraParameters', props.extraParameters, extraParametersProblem(props.extraParameters ?? {})],
    ['checkEvery', checkEvery.toIsoString(), policy?.property === 'checkEvery' ? policy.text : undefined],
    [
      'refreshBefore',
      refreshBefore.toIsoString(),
      policy?.property === 'refreshBefore' ? policy.text : undefined,
    ],
    ['readers', props.readers, readersProblem(props.readers, props.encryptionKey)],
    ...(props.readers ?? []).map((reader) => ['readers', reader, readerProblem(reader)] as const),
  ] as const;
  for (const [property, value, problem] of problems) {
    if (problem !== undefined)
      throw new Error(
        `TokenRefresher: ${property} cannot be used: ${problem}; got ${shown(property, value)}`,
      );
  }
}
