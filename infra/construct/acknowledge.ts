import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

type Rule = `AwsSolutions-${string}` | `NIST.800.53.R5-${string}`;

/**
 * Accepts findings of cdk-nag on one construct, each with the reason why what it found is right here. Without effect
 * in an app that does not run cdk-nag.
 */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<Rule, string>>): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    const pack = rule.slice(0, rule.lastIndexOf('-'));
    Validations.of(construct).acknowledge({ id: `${pack}::${rule}`, reason });
  }
}

/** For a policy that is made for one role, and for nobody else to attach. */
export const OWN_POLICY = {
  'NIST.800.53.R5-IAMNoInlinePolicy':
    'The policy fits this one role and comes and goes with it; a managed one could be attached to others.',
} as const;
