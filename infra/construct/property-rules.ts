import { Duration, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RESERVED_FORM_FIELDS } from '../../lambda/shared/refresher-environment.ts';
import { isScope } from '../../lambda/shared/scope.ts';
import { MAX_LIFETIME_SECONDS } from '../../lambda/shared/stored-token.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';
import type { EntryProblem } from './problem-line.ts';

export const DEFAULT_CHECK_EVERY = Duration.minutes(5);
export const DEFAULT_REFRESH_BEFORE = Duration.minutes(30);
export const LONGEST_REFRESH_BEFORE = Duration.hours(24);

/**
 * The name is a dimension of the metrics, and CDK accepts 255 characters there. So the ARN of the claim and the descriptions
 * that contain the name also stay below the limits of AWS.
 */
export const LONGEST_PARAMETER_NAME = 255;
export const PARAMETER_NAME = /^\/[a-zA-Z0-9_.\-/]+$/;

/**
 * What is wrong with a parameter name, or undefined if it is valid.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
export function parameterNameProblem(name: string): string | undefined {
  if (!PARAMETER_NAME.test(name))
    return 'it must begin with "/" and contain only letters, digits and _ . - /';
  if (name.endsWith('/') || name.includes('//'))
    return 'it must not contain an empty level ("//" or a trailing "/")';
  if (/^\/(aws|ssm)/i.test(name)) return 'it must not begin with "/aws" or "/ssm", which AWS reserves';
  if (name.split('/').length - 1 > 15) return 'it must have at most 15 levels';
  if (name.length > LONGEST_PARAMETER_NAME)
    return `it must have at most ${LONGEST_PARAMETER_NAME} characters, the longest dimension of a metric; it has ${name.length}`;
  return undefined;
}

/**
 * The name of a secret, or its complete ARN.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name)
 */
export const SECRET =
  /^(?:arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}|(?!arn:)[\w/+=.@-]{1,512})$/;

/** What is wrong with the name or ARN of a secret, or undefined if it is valid. */
export function secretProblem(nameOrArn: string): string | undefined {
  if (SECRET.test(nameOrArn)) return undefined;
  return 'it must be the name of a secret, or its complete ARN with the six characters at the end';
}

/**
 * What is wrong with a KMS key, or undefined if policies can name it.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
 */
export function keyProblem(key: IKey): string | undefined {
  // An alias is also an `IKey`, and `Key.fromKeyArn` accepts the ARN of one.
  if (!('aliasName' in key) && !key.keyArn.includes(':alias/')) return undefined;
  return 'it must be a key, not an alias, because policies cannot name an alias; use the ARN of the key';
}

/** Why these durations cannot be scheduled or cannot keep a token valid, or undefined if they can. */
export function policyProblem(
  checkEvery: Duration,
  refreshBefore: Duration,
): { readonly property: 'checkEvery' | 'refreshBefore'; readonly text: string } | undefined {
  const check = checkEvery.toSeconds({ integral: false });
  const before = refreshBefore.toSeconds({ integral: false });
  if (check < 60 || check > 12 * 3600 || check % 60 !== 0) {
    return { property: 'checkEvery', text: 'it must be whole minutes, from PT1M to PT12H' };
  }
  if (before > LONGEST_REFRESH_BEFORE.toSeconds() || before % 1 !== 0) {
    return { property: 'refreshBefore', text: 'it must be whole seconds, at most PT24H' };
  }
  if (before >= check + SCHEDULE_PRECISION_SECONDS) return undefined;
  const text =
    `it must be at least checkEvery (${checkEvery.toIsoString()}) plus ${SCHEDULE_PRECISION_SECONDS} seconds, ` +
    'or a token may expire between two checks';
  return { property: 'refreshBefore', text };
}

/** Why tokens cannot be kept valid with this default lifetime, or undefined if they can. */
export function defaultLifetimeProblem(defaultLifetime: Duration, checkEvery: Duration): string | undefined {
  const seconds = defaultLifetime.toSeconds({ integral: false });
  const least = checkEvery.toSeconds({ integral: false }) + SCHEDULE_PRECISION_SECONDS;
  if (seconds > least && seconds <= MAX_LIFETIME_SECONDS && seconds % 1 === 0) return undefined;
  return (
    `it must be whole seconds, more than checkEvery (${checkEvery.toIsoString()}) plus ${SCHEDULE_PRECISION_SECONDS} seconds, ` +
    `and at most ${Duration.seconds(MAX_LIFETIME_SECONDS).toIsoString()}`
  );
}

/** What is wrong with a scope (RFC 6749 section 3.3), or undefined if it is valid. */
export function scopeProblem(scope: string): string | undefined {
  if (isScope(scope)) return undefined;
  return 'it must be words of printable ASCII without quotes or backslashes, separated by single spaces';
}

/** What is wrong with each extra parameter. */
export function extraParametersProblems(parameters: Readonly<Record<string, string>>): EntryProblem[] {
  return RESERVED_FORM_FIELDS.filter((field) => Object.hasOwn(parameters, field)).map((key) => ({
    key,
    about: 'name',
    text: 'the refresher sets this form field itself. Remove it',
  }));
}

/** `*`, or the ARN of roles and users. */
export const READER = /^(?:\*|arn:[\w-]+:iam::\d{12}:(?:role|user)\/[\w+=,.@/*?-]+)$/;

/** What is wrong with an entry of `readers`, or undefined if it is valid. */
export function readerProblem(arn: string): string | undefined {
  if (READER.test(arn) || Token.isUnresolved(arn)) return undefined;
  const role = roleOfSession(arn);
  if (role !== undefined) return `it is the ARN of a session. Write the ARN of its role: ${role}`;
  return 'it must be the ARN of an IAM role or user, or "*"';
}

/**
 * The role of a session's ARN, which lacks the role's path. A role of IAM Identity Center has the region of the identity source
 * in its path, except for us-east-1, and a suffix that changes when the role is created again.
 * Source: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
function roleOfSession(arn: string): string | undefined {
  const [, partition, account, name] =
    /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/[\w+=,.@-]+$/.exec(arn) ?? [];
  if (name === undefined) return undefined;
  const roles = `arn:${partition}:iam::${account}:role`;
  const [, permissionSet] = /^AWSReservedSSO_(.+)_[0-9a-f]+$/.exec(name) ?? [];
  if (permissionSet === undefined)
    return `${roles}/${name}, with the role's path before its name if it has one`;
  return `${roles}/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_${permissionSet}_*`;
}

export const READERS_WITH_KEY =
  "it cannot be combined with encryptionKey, because that key's policy decides who may decrypt the token. Name the readers there";

/** Why `readers` cannot be set, or undefined if they can. */
export function readersProblem(
  readers: readonly string[] | undefined,
  encryptionKey: unknown,
): string | undefined {
  if (readers === undefined || encryptionKey === undefined) return undefined;
  return READERS_WITH_KEY;
}
