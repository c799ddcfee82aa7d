import type { Duration } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture, ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { type CredentialFieldNames, credentialFieldsProblem } from '../../lambda/shared/credential-fields.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import type { ClientAuthenticationMethod } from '../../lambda/shared/refresher-environment.ts';
import { tokenUrlProblem } from '../../lambda/shared/token-url.ts';
import { environmentProblems } from './environment-rules.ts';
import { type EntryProblem, entryProblemLines, problemLine } from './problem-line.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  defaultLifetimeProblem,
  extraParametersProblems,
  keyProblem,
  parameterNameProblem,
  policyProblem,
  readerProblem,
  readersProblem,
  scopeProblem,
} from './property-rules.ts';

export interface TokenRefresherProps {
  /** The token endpoint (RFC 6749 section 3.2). An `https:` URL; `http:` is allowed only for a loopback host. */
  readonly tokenUrl: string;

  /**
   * Full name of the SecureString parameter that stores the token. Must begin with `/`, with at most 15 levels
   * and 255 characters.
   */
  readonly parameterName: string;

  /**
   * The secret with the client credentials: JSON with `client_id` and `client_secret`. If a customer-managed key encrypts
   * an imported secret, import it with `Secret.fromSecretAttributes` and its `encryptionKey`. Otherwise the refresher cannot
   * decrypt it.
   * @default - an empty secret is created; store the credentials in it after the deployment
   */
  readonly credentials?: ISecret;

  /**
   * Names of the secret's fields, if they are not `client_id` and `client_secret`. For a managed external secret of Salesforce:
   * `{ client_id: 'consumerKey', client_secret: 'consumerSecret' }`.
   * @default - the fields `client_id` and `client_secret`
   */
  readonly credentialFields?: CredentialFieldNames;

  /**
   * The scopes to request, separated by single spaces (RFC 6749 section 3.3).
   * @default - no scope is requested; the authorization server decides what to grant
   */
  readonly scope?: string;

  /**
   * Additional form fields of the token request, for example `audience` or `resource`. They appear in the template,
   * so they must not contain secrets.
   * @default - no additional fields
   */
  readonly extraParameters?: Readonly<Record<string, string>>;

  /**
   * Where the client credentials are sent: in the form (`client_secret_post`) or in the `Authorization` header
   * (`client_secret_basic`). See RFC 6749 section 2.3.1.
   * @default client_secret_post
   */
  readonly clientAuthentication?: ClientAuthenticationMethod;

  /**
   * How long tokens are valid, if the token endpoint states no readable lifetime, or more than 30 days. A JWT with `exp` does not
   * need it. Whole seconds, more than `checkEvery` plus 1 minute, at most 30 days.
   * @default - a token with a stated lifetime of up to a year counts as valid for 30 days; any other is refused
   */
  readonly defaultLifetime?: Duration;

  /**
   * Whether the token endpoint revokes the former token when it grants the next one. The record then says when the refresher
   * replaces the token, and readers look for the next one at that time.
   * @default false
   */
  readonly revokesFormerToken?: boolean;

  /**
   * Time between two checks: whole minutes, from 1 minute to 12 hours.
   * @default Duration.minutes(5)
   */
  readonly checkEvery?: Duration;

  /**
   * Remaining validity at which the token is replaced: whole seconds, from `checkEvery` plus 1 minute to 24 hours.
   * A token with a lifetime of less than twice this value is replaced after half of its lifetime.
   * @default Duration.minutes(30)
   */
  readonly refreshBefore?: Duration;

  /**
   * The KMS key that encrypts the parameter, not an alias. Its own policy decides who may use it.
   * @default - a key is created, with yearly rotation and a policy that allows its use for this parameter only
   */
  readonly encryptionKey?: IKey;

  /**
   * ARNs of roles and users that the key policy also allows to decrypt the token, in addition to the grantees of `grantRead`.
   * `*` matches any characters; `*` alone leaves the decision to the IAM policies of the account. Readers need
   * permissions in their own policies as well. Cannot be combined with `encryptionKey`.
   * @default - no additional readers
   */
  readonly readers?: readonly string[];

  /**
   * An existing role for the refresher function. It must be in the account of the stack and trust `lambda.amazonaws.com`.
   * The construct attaches a policy with the permissions, unless the role is imported with `mutable: false`.
   * docs/governed-accounts.md lists the permissions, and shows how to deploy without creating any role.
   * @default - a role is created, with only the permissions that a refresh needs
   */
  readonly role?: IRole;

  /**
   * The VPC of the functions. It must route to the token endpoint, Systems Manager and Secrets Manager, and during a
   * deployment also to Lambda and S3.
   * @default - the functions run outside a VPC and call public endpoints over TLS
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of `vpc` for the functions. Only used with `vpc`.
   * @default - the private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * The security groups of the functions. Only used with `vpc`.
   * @default - one group per function, with all outbound traffic and no inbound traffic allowed
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * The instruction set of the functions. Set `Architecture.X86_64` in a region that does not offer arm64.
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;

  /**
   * Additional environment variables of the functions, for example for an egress proxy or a private CA. They appear in the
   * template, so they must not contain secrets. Variables that the refresher or Lambda sets, or that turn off a safeguard, are
   * not allowed.
   * @default - no additional variables
   */
  readonly environment?: Readonly<Record<string, string>>;

  /**
   * Layers of the functions, at most five, for example one with the certificate of a private CA.
   * @default - no layers
   */
  readonly layers?: ILayerVersion[];

  /**
   * How long CloudWatch keeps the logs of the functions.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * The topic that receives a message when an alarm fires and when it recovers. CloudWatch must be allowed to publish
   * to it, and to use its key if it is encrypted. The AWS managed key for SNS does not allow that.
   * @default - the alarms change their state without a notification
   */
  readonly notificationTopic?: ITopic;

  /**
   * Whether to create a CloudWatch dashboard. It costs $3 a month after the first three of an account.
   * @default true
   */
  readonly dashboard?: boolean;
}

/** When the refresher checks and replaces the token, with the defaults applied. */
export function policyOf(props: TokenRefresherProps): RefreshPolicy {
  const { checkEvery, refreshBefore } = durationsOf(props);
  return { checkEvery: checkEvery.toSeconds(), refreshBefore: refreshBefore.toSeconds() };
}

/** @throws Error with a line for each problem: the property, the value found, and what is allowed */
export function assertValidProps(props: TokenRefresherProps): void {
  const lines = [
    ...textProblems(props),
    ...objectProblems(props),
    ...durationProblems(props),
    ...keyProblems(props),
    ...readerProblems(props),
  ];
  if (lines.length > 0) throw new Error(lines.join('\n'));
}

function textProblems({ tokenUrl, parameterName, scope }: TokenRefresherProps): string[] {
  return [
    ...lines('tokenUrl', tokenUrl, tokenUrlProblem(tokenUrl)),
    ...lines('parameterName', parameterName, parameterNameProblem(parameterName)),
    ...lines('scope', scope, scope === undefined ? undefined : scopeProblem(scope)),
  ];
}

function objectProblems(props: TokenRefresherProps): string[] {
  const { credentialFields: fields, extraParameters = {}, environment = {} } = props;
  const entryLines = (property: string, values: object, problems: readonly EntryProblem[]) =>
    entryProblemLines(pathOf(property), property, { ...values }, problems);
  return [
    ...lines('credentialFields', fields, fields && credentialFieldsProblem(fields)),
    ...entryLines('extraParameters', extraParameters, extraParametersProblems(extraParameters)),
    ...entryLines('environment', environment, environmentProblems(environment)),
  ];
}

function durationProblems({ defaultLifetime: lifetime, ...props }: TokenRefresherProps): string[] {
  const durations = durationsOf(props);
  const { checkEvery, refreshBefore } = durations;
  const policy = policyProblem(checkEvery, refreshBefore);
  return [
    ...(policy ? lines(policy.property, durations[policy.property].toIsoString(), policy.text) : []),
    ...lines(
      'defaultLifetime',
      lifetime?.toIsoString(),
      lifetime && defaultLifetimeProblem(lifetime, checkEvery),
    ),
  ];
}

function keyProblems({ encryptionKey, credentials }: TokenRefresherProps): string[] {
  const keys = { encryptionKey, 'credentials.encryptionKey': credentials?.encryptionKey };
  return Object.entries(keys).flatMap(([property, key]) =>
    lines(property, key?.node.path, key && keyProblem(key)),
  );
}

function readerProblems({ readers, encryptionKey }: TokenRefresherProps): string[] {
  return [
    ...lines('readers', readers, readersProblem(readers, encryptionKey)),
    ...(readers ?? []).flatMap((reader, index) => lines(`readers[${index}]`, reader, readerProblem(reader))),
  ];
}

function durationsOf(props: Pick<TokenRefresherProps, 'checkEvery' | 'refreshBefore'>): {
  checkEvery: Duration;
  refreshBefore: Duration;
} {
  const { checkEvery = DEFAULT_CHECK_EVERY, refreshBefore = DEFAULT_REFRESH_BEFORE } = props;
  return { checkEvery, refreshBefore };
}

function lines(property: string, value: unknown, problem: string | undefined): string[] {
  return problem === undefined ? [] : [problemLine(pathOf(property), property, value, problem)];
}

const pathOf = (property: string): string => `TokenRefresher.${property}`;
