import { Aspects, type IAspect, Lazy, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnParameter, StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { countProblems } from './tag-limits.ts';

/**
 * The tags that CloudFormation gives the claim: those of its stacks and its own. The token's parameter gets the same ones.
 * They are complete only at synth, because aspects such as `Tags.of(app)` add them.
 */
export function parameterTags(claim: StringParameter): Readonly<Record<string, string>> {
  const { tags } = claim.node.defaultChild as CfnParameter;
  return { ...stackTags(Stack.of(claim)), ...tags.tagValues() };
}

/** CloudFormation passes the tags of a stack on to its nested stacks. */
function stackTags(stack: Stack): Readonly<Record<string, string>> {
  const parent = stack.nestedStackParent;
  return { ...(parent === undefined ? {} : stackTags(parent)), ...stack.tags.tagValues() };
}

/** Whether the claim has too many tags, with those of the stack. Each single tag is checked on the claim or by CloudFormation. */
export function parameterTagProblems(claim: StringParameter): string[] {
  const problems = countProblems(Object.keys(parameterTags(claim)).length);
  return problems.map((text) => `${claim.node.path}: with those of the stack, it ${text}`);
}

export interface TaggedParameter {
  readonly parameterArn: string;
  readonly refresher: LambdaFunction;
  /** The roles of the functions that tag the parameter. */
  readonly grantees: readonly IGrantable[];
}

/** Gives the token's parameter, which CloudFormation cannot create, the tags of the claim. */
export function tagTokenParameter(scope: Construct, claim: StringParameter, tagged: TaggedParameter): void {
  const stack = Stack.of(scope);
  const hasTags = () => Object.keys(parameterTags(claim)).length > 0;
  // Uncached: tags can be added after something has read the environment.
  const json = Lazy.uncachedString({
    produce: () => (hasTags() ? stack.toJsonString(parameterTags(claim)) : undefined),
  });
  tagged.refresher.addEnvironment(ENVIRONMENT.parameterTags, json);
  Aspects.of(scope).add(new AllowTagging(tagged, hasTags));
}

/** Allows the functions to tag the parameter if there are tags. Other aspects may add tags before or during the visits of this one. */
class AllowTagging implements IAspect {
  private readonly tagged: TaggedParameter;
  private readonly hasTags: () => boolean;
  private isAllowed = false;

  constructor(tagged: TaggedParameter, hasTags: () => boolean) {
    this.tagged = tagged;
    this.hasTags = hasTags;
  }

  visit(): void {
    if (this.isAllowed || !this.hasTags()) return;
    this.isAllowed = true;
    const { grantees, parameterArn } = this.tagged;
    for (const grantee of grantees) {
      Grant.addToPrincipal({ grantee, actions: ['ssm:AddTagsToResource'], resourceArns: [parameterArn] });
    }
  }
}
