import { type CustomResource, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { credentialFieldsOf } from '../../lambda/shared/credential-fields.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import type { RefreshErrorCode } from '../../lambda/shared/refresh-error.ts';
import type { ClientAuthenticationMethod } from '../../lambda/shared/refresher-environment.ts';
import { shareWithAccount } from './account-share.ts';
import { createAlarms, type TokenRefresherAlarms } from './alarms.ts';
import { limitProblems } from './aws-limits.ts';
import { functionPlacement } from './bundled-function.ts';
import { createEmptySecret } from './credentials-secret.ts';
import { createDashboard } from './dashboard.ts';
import { createDeadLetterQueue } from './dead-letter-queue.ts';
import { createDeploymentFunction } from './deployment-function.ts';
import { createFirstToken } from './first-token.ts';
import { roleOf } from './function-role.ts';
import { assertSameEnvironment, connect, grantRead, grantReport, type ITokenRefresher } from './grants.ts';
import { ImportedTokenRefresher, type TokenRefresherAttributes } from './imported-token-refresher.ts';
import { parameterTagProblems, tagTokenParameter } from './parameter-tags.ts';
import { createRefresherFunction, grantRefresh, refresherEnvironment } from './refresher-function.ts';
import { failedMetric, refresherMetric } from './refresher-metric.ts';
import { createReplacementClaim } from './replacement-claim.ts';
import { createSchedule } from './schedule.ts';
import { reportSurvivableOutage } from './survivable-outage.ts';
import { TokenKey } from './token-key.ts';
import { assertValidProps, policyOf, type TokenRefresherProps } from './token-refresher-props.ts';
import { createAfterRemoval, createTokenRemoval } from './token-removal.ts';

export type {
  ClientAuthenticationMethod,
  ITokenRefresher,
  RefreshErrorCode,
  TokenRefresherAlarms,
  TokenRefresherAttributes,
  TokenRefresherProps,
};

/** Keeps an OAuth 2.0 access token fresh in an encrypted SSM parameter that any function can read. */
export class TokenRefresher extends Construct implements ITokenRefresher {
  /** Imports a refresher that another app deploys. */
  static fromTokenRefresherAttributes(
    scope: Construct,
    id: string,
    attributes: TokenRefresherAttributes,
  ): ITokenRefresher {
    return new ImportedTokenRefresher(scope, id, attributes);
  }

  readonly parameterName: string;
  readonly parameterArn: string;
  readonly encryptionKey: IKey;
  readonly function: IFunction;
  /** The secret with the client credentials. */
  readonly credentials: ISecret;
  /** Receives schedule events that could not be delivered, and failed runs. */
  readonly deadLetterQueue: IQueue;
  readonly alarms: TokenRefresherAlarms;
  private readonly refresher: LambdaFunction;
  private readonly firstToken: CustomResource;
  private readonly createsSecret: boolean;

  /** @throws Error if a property is invalid; it names the property, the value found, and what is allowed */
  constructor(scope: Construct, id: string, props: TokenRefresherProps) {
    super(scope, id);
    assertValidProps(props);
    const { parameterName, readers = [], notificationTopic: topic, dashboard = true } = props;
    const policy = policyOf(props);
    const placement = functionPlacement(props);

    const parameterArn = parameterArnIn(Stack.of(this), parameterName);
    const credentials =
      props.credentials ?? createEmptySecret(this, credentialFieldsOf(props.credentialFields));
    const encryptionKey =
      props.encryptionKey ?? new TokenKey(this, 'EncryptionKey', { parameterName, parameterArn, readers });
    const parameter = { parameterArn, encryptionKey };
    const deadLetterQueue = createDeadLetterQueue(this);
    const claim = createReplacementClaim(this, parameterName);
    this.node.addValidation({ validate: () => [...limitProblems(this), ...parameterTagProblems(claim)] });

    const deploymentFunction = createDeploymentFunction(this, placement, props.logRetention);
    const environment = refresherEnvironment(props, credentials, encryptionKey);
    const bundled = createRefresherFunction(this, environment, props, deadLetterQueue, placement);
    const { fn: refresher, functionRole } = bundled;
    grantRefresh(functionRole.grantee, deadLetterQueue, parameter, claim, credentials);
    if (encryptionKey instanceof TokenKey) {
      encryptionKey.allowRefresh(functionRole.role);
      encryptionKey.allowRemoval(roleOf(deploymentFunction));
    }

    const removal = createTokenRemoval(this, deploymentFunction, parameterName, parameter);
    createAfterRemoval(bundled, removal);
    const createsSecret = props.credentials === undefined;
    const grantees = [functionRole.grantee, deploymentFunction];
    tagTokenParameter(this, claim, { parameterArn, refresher, grantees });
    const minted = { deploymentFunction, refresher, credentials, claim, createsSecret };
    const firstToken = createFirstToken(this, minted);
    const schedule = createSchedule(this, refresher, policy, deadLetterQueue);
    schedule.node.addDependency(firstToken);

    const observed = { parameterName, policy, refresher };
    const alarms = createAlarms(this, { ...observed, deadLetterQueue, firstToken, topic });
    reportSurvivableOutage(this, policy);
    if (dashboard) createDashboard(this, { ...observed, alarms });

    this.parameterName = parameterName;
    this.parameterArn = parameterArn;
    this.encryptionKey = encryptionKey;
    this.function = refresher;
    this.credentials = credentials;
    this.deadLetterQueue = deadLetterQueue;
    this.alarms = alarms;
    this.refresher = refresher;
    this.firstToken = firstToken;
    this.createsSecret = createsSecret;
  }

  /**
   * Allows the grantee to read the current token: `ssm:GetParameter` on this parameter and its decryption, nothing else.
   * The policy of the refresher's own key names the grantee. A role of another stack without a name of its own is
   * identified by a tag, which this method adds to the role.
   * @throws Error if the grantee is neither a role nor a user, or if the key policy cannot name it and there are no `readers`
   */
  grantRead(grantee: IGrantable): Grant {
    if (this.encryptionKey instanceof TokenKey) this.encryptionKey.allowRead(grantee.grantPrincipal);
    return grantRead(this, grantee);
  }

  grantReport(grantee: IGrantable): Grant {
    return grantReport(this, grantee);
  }

  /** @throws Error also if the function is in another account or region */
  connect(consumer: LambdaFunction): void {
    assertSameEnvironment(this, consumer);
    connect(this, consumer);
  }

  /**
   * Lets another account read the token: shares the parameter with it and allows it to decrypt. In that account,
   * `TokenRefresher.fromTokenRefresherAttributes` grants the token to roles. Unless AWS Organizations accepts the share for
   * it, the account must accept it. The parameter becomes an advanced parameter and cannot be changed back. That costs
   * $0.05 a month, and $0.05 for every 10,000 calls.
   * @throws Error if the id is not 12 digits, or if the construct creates the secret: without credentials, the first
   * deployment creates no parameter to share
   */
  grantReadToAccount(accountId: string): void {
    if (this.createsSecret) {
      throw new Error(
        'grantReadToAccount: credentials is not set. Without credentials, the deployment creates no parameter to share. ' +
          'Set credentials to an existing secret.',
      );
    }
    shareWithAccount(this, this.refresher, this.firstToken, accountId);
  }

  /** A metric that the refresher emits, by its name in docs/operations.md. The alarms and the dashboard use these metrics too. */
  metric(metricName: string, props?: MetricOptions): Metric {
    return refresherMetric(this.parameterName, metricName, props);
  }

  /** Remaining validity of the stored token after a run, in seconds; 0 if there is no token. The minimum by default. */
  metricSecondsUntilExpiry(props?: MetricOptions): Metric {
    return this.metric(METRIC.secondsUntilExpiry, props);
  }

  /** Runs that minted a token. The sum by default. */
  metricMinted(props?: MetricOptions): Metric {
    return this.metric(METRIC.minted, props);
  }

  /** Runs that kept the stored token. The sum by default. */
  metricKept(props?: MetricOptions): Metric {
    return this.metric(METRIC.kept, props);
  }

  /** Runs in which the endpoint granted the stored token again. The sum by default. */
  metricSameToken(props?: MetricOptions): Metric {
    return this.metric(METRIC.sameToken, props);
  }

  /** Runs with an attempt that failed with this error code. The sum by default. */
  metricFailed(code: RefreshErrorCode, props?: MetricOptions): Metric {
    return failedMetric(this.parameterName, code, props);
  }

  /** Requests to the token endpoint in one run. The maximum by default. */
  metricMintAttempts(props?: MetricOptions): Metric {
    return this.metric(METRIC.mintAttempts, props);
  }

  /** Milliseconds from the first request to the grant, including waits. The maximum by default. */
  metricMintDuration(props?: MetricOptions): Metric {
    return this.metric(METRIC.mintDuration, props);
  }

  /** Runs in which only the previous credentials were accepted. The sum by default. */
  metricPreviousCredentialsUsed(props?: MetricOptions): Metric {
    return this.metric(METRIC.previousCredentialsUsed, props);
  }

  /** Granted tokens that expire too soon for `checkEvery`, or for the alarms. The sum by default. */
  metricLifetimeTooShort(props?: MetricOptions): Metric {
    return this.metric(METRIC.lifetimeTooShort, props);
  }
}

function parameterArnIn(stack: Stack, parameterName: string): string {
  const resourceName = parameterName.replace(/^\//, '');
  return stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName });
}
