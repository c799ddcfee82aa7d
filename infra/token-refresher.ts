import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  type ClientAuthenticationMethod,
  claimParameterName,
  ENVIRONMENT,
  tokenUrlProblem,
} from '../lambda/environment.ts';
import { shareWithAccount } from './account-share.ts';
import { connect, grantRead, grantReport, type ITokenRefresher } from './consumers.ts';
import { createEmptySecret, secretId } from './credentials-secret.ts';
import { createDeploymentFunction } from './deployment-function.ts';
import { createEncryptionKey, grantKeyForParameter } from './encryption-key.ts';
import { createFirstToken } from './first-token.ts';
import { ImportedTokenRefresher, type TokenRefresherAttributes } from './imported-token-refresher.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  extraParametersProblem,
  parameterNameProblem,
  policyProblem,
  shown,
} from './property-rules.ts';
import { createRefresherFunction } from './refresher-function.ts';
import { createSchedule } from './schedule.ts';
import { createTokenRemoval } from './token-removal.ts';

export type { ClientAuthenticationMethod, ITokenRefresher, TokenRefresherAttributes };

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
   * The key that encrypts the parameter.
   * @default - a key of its own is made, with yearly rotation
   */
  readonly encryptionKey?: IKey;
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
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, parameterName);
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
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
    const deploymentFunction = createDeploymentFunction(this);
    const removal = createTokenRemoval(this, {
      deploymentFunction,
      parameterName,
      parameterArn: this.parameterArn,
      encryptionKey: this.encryptionKey,
    });
    const refresher = createRefresherFunction(this, { environment, deadLetterQueue: this.deadLetterQueue });
    this.function = refresher;
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
    this.shareWith = (accountId) => {
      if (props.credentials === undefined)
        throw new Error('grantReadToAccount: give the refresher existing credentials first');
      shareWithAccount(this, refresher, firstToken, accountId);
    };
    // What is created last is destroyed first: no check may bring the parameter back once it has been removed.
    refresher.node.addDependency(removal);
    schedule.node.addDependency(firstToken);
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(this, grantee);
  }

  grantReport(grantee: IGrantable): Grant {
    return grantReport(this, grantee);
  }

  connect(consumer: LambdaFunction): void {
    connect(this, consumer);
  }

  /**
   * Lets another account's roles read the token, as far as their own policies allow it: shares the parameter with the
   * account and lets it decrypt. The parameter becomes an advanced one, at $0.05 a month, and stays one. In the other
   * account, `TokenRefresher.fromAttributes` grants it to roles.
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
    // Parameter Store encrypts a standard parameter with Encrypt and an advanced one with GenerateDataKey.
    grantKeyForParameter(this.encryptionKey, this.parameterArn, grantee, [
      'kms:Decrypt',
      'kms:Encrypt',
      'kms:GenerateDataKey',
    ]);
    this.credentials.grantRead(grantee);
  }
}

function assertUsable(props: TokenRefresherProps): void {
  const { checkEvery = DEFAULT_CHECK_EVERY, refreshBefore = DEFAULT_REFRESH_BEFORE } = props;
  const policy = policyProblem(checkEvery, refreshBefore);
  const problems = [
    ['tokenUrl', props.tokenUrl, tokenUrlProblem(props.tokenUrl)],
    ['parameterName', props.parameterName, parameterNameProblem(props.parameterName)],
    ['extraParameters', props.extraParameters, extraParametersProblem(props.extraParameters ?? {})],
    ['checkEvery', checkEvery.toIsoString(), policy?.property === 'checkEvery' ? policy.text : undefined],
    [
      'refreshBefore',
      refreshBefore.toIsoString(),
      policy?.property === 'refreshBefore' ? policy.text : undefined,
    ],
  ] as const;
  for (const [property, value, problem] of problems) {
    if (problem !== undefined)
      throw new Error(`TokenRefresher: ${property} cannot be used: ${problem}; got ${shown(value)}`);
  }
}
