import { Duration, Token } from 'aws-cdk-lib';
import { RESERVED_FORM_FIELDS } from '../../lambda/shared/refresher-environment.ts';
import { isScope } from '../../lambda/shared/scope.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';

export const DEFAULT_CHECK_EVERY = Duration.minutes(5);
export const DEFAULT_REFRESH_BEFORE = Duration.minutes(30);
export const LONGEST_REFRESH_BEFORE = Duration.hours(24);

/**
 * Why a parameter name cannot be used, or undefined where it can.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
 */
export function parameterNameProblem(name: string): string | undefined {
  if (!/^\/[a-zA-Z0-9_.\-/]+$/.test(name))
    return 'it must begin with "/" and hold only letters, digits and _ . - /';
  if (name.endsWith('/') || name.includes('//')) return 'a level of its path is empty';
  if (/^\/(aws|ssm)/i.test(name)) return 'AWS reserves names that begin with "aws" or "ssm"';
  if (name.split('/').length - 1 > 15) return 'it has more than 15 levels';
  // Parameter Store takes 1011 characters for the whole ARN.
  if (name.length > 900) return 'it has more than 900 characters';
  return undefined;
}

/**
 * Why a secret cannot be found, or undefined where it can.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name)
 */
export function secretProblem(nameOrArn: string): string | undefined {
  if (/^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/.test(nameOrArn)) return undefined;
  if (!nameOrArn.startsWith('arn:') && /^[\w/+=.@-]{1,512}$/.test(nameOrArn)) return undefined;
  return 'it must be the name of a secret, or its complete ARN with the six characters at its end';
}

/** Why this policy cannot keep a token alive or cannot be scheduled, or undefined where it can. */
export function policyProblem(
  checkEvery: Duration,
  refreshBefore: Duration,
): { readonly property: 'checkEvery' | 'refreshBefore'; readonly text: string } | undefined {
  const check = checkEvery.toSeconds({ integral: false });
  const before = refreshBefore.toSeconds({ integral: false });
  const found = `got checkEvery ${checkEvery.toIsoString()} and refreshBefore ${refreshBefore.toIsoString()}`;
  if (check < 60 || check > 12 * 3600 || check % 60 !== 0) {
    const text = `it must be whole minutes, from PT1M to PT12H, ${found}`;
    return { property: 'checkEvery', text };
  }
  if (before > LONGEST_REFRESH_BEFORE.toSeconds() || before % 1 !== 0) {
    const text = `it must be whole seconds, at most PT24H, ${found}`;
    return { property: 'refreshBefore', text };
  }
  if (before < check + SCHEDULE_PRECISION_SECONDS) {
    const text =
      'a token may expire between two checks: refreshBefore must be at least checkEvery plus ' +
      `${SCHEDULE_PRECISION_SECONDS} seconds, ${found}`;
    return { property: 'refreshBefore', text };
  }
  return undefined;
}

/** Why a scope cannot be asked for (RFC 6749 section 3.3), or undefined where it can. */
export function scopeProblem(scope: string): string | undefined {
  if (isScope(scope)) return undefined;
  return 'it must be words of printable ASCII without quotes and backslashes, with one space between two';
}

/** Why extra parameters cannot be sent, or undefined where they can. */
export function extraParametersProblem(parameters: Readonly<Record<string, string>>): string | undefined {
  const reserved = Object.keys(parameters).find((name) =>
    RESERVED_FORM_FIELDS.some((field) => field === name),
  );
  return reserved === undefined ? undefined : `"${reserved}" is set by the refresher itself`;
}

/** Why an entry of `readers` cannot stand in a key policy, or undefined where it can. */
export function readerProblem(arn: string): string | undefined {
  if (arn === '*' || Token.isUnresolved(arn)) return undefined;
  if (/^arn:[\w-]+:iam::\d{12}:(role|user)\/[\w+=,.@/*?-]+$/.test(arn)) return undefined;
  return 'it must be the ARN of an IAM role or user, or "*"';
}

/** Why `readers` cannot be given, or undefined where they can. */
export function readersProblem(
  readers: readonly string[] | undefined,
  encryptionKey: unknown,
): string | undefined {
  if (readers === undefined || encryptionKey === undefined) return undefined;
  return "they stand in the policy of the refresher's own key; with encryptionKey, that key's policy decides";
}

/** How an error shows a value: not at all where somebody may by mistake have put a secret into it. */
export function shown(property: string, value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  const mayHoldSecret =
    ['credentials', 'extraParameters'].includes(property) || (property === 'tokenUrl' && /[@?]/.test(text));
  return mayHoldSecret ? 'a value that is not shown here, as it may hold a secret' : text;
}
