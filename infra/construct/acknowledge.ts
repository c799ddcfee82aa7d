import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

type Rule = `AwsSolutions-${string}` | `NIST.800.53.R5-${string}`;

/** Accepts cdk-nag findings on one construct, each for a reason. Has no effect in an app without cdk-nag. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<Rule, string>>): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    const pack = rule.slice(0, rule.lastIndexOf('-'));
    Validations.of(construct).acknowledge({ id: `${pack}::${rule}`, reason });
  }
}

/** For an inline policy of a role. */
export const OWN_POLICY = {
  'NIST.800.53.R5-IAMNoInlinePolicy':
    'The policy belongs to this role only and is deleted with it. A managed policy could be attached to other roles.',
} as const;
