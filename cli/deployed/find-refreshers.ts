import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  paginateListStacks,
} from '@aws-sdk/client-cloudformation';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { CUSTOM_RESOURCE } from '../../lambda/shared/custom-resources.ts';
import { fewAtATime } from './few-at-a-time.ts';
import { type Refresher, refreshersOf } from './refreshers-of-stack.ts';
import { parseTemplate } from './template.ts';

/**
 * Finds the refreshers of one stack, or of all stacks in the account and region. Reads CloudFormation rather than
 * Lambda, so a refresher whose function was deleted is still found.
 */
export async function findRefreshers(
  cloudFormation: CloudFormationClient,
  stack: string | undefined,
): Promise<readonly Refresher[]> {
  if (stack !== undefined)
    return (await stackExists(cloudFormation, stack)) ? refreshersIn(cloudFormation, stack) : [];
  const stacks = await listStacks(cloudFormation);
  const found = await fewAtATime(stacks, (name) =>
    refreshersIn(cloudFormation, name).catch((error: unknown) => {
      if (isStackGone(error)) return [];
      throw error;
    }),
  );
  return found.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function stackExists(cloudFormation: CloudFormationClient, stack: string): Promise<boolean> {
  try {
    const { Stacks: [found] = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    return found !== undefined;
  } catch (error) {
    if (isStackGone(error)) return false;
    throw error;
  }
}

/** The name is the only input, so either no stack has it or it is not a valid stack name. */
function isStackGone(error: unknown): boolean {
  return describeAwsFailure(error).name === 'ValidationError';
}

async function listStacks(cloudFormation: CloudFormationClient): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of paginateListStacks({ client: cloudFormation }, {})) {
    for (const { StackName: name, StackStatus: status } of page.StackSummaries ?? []) {
      if (name !== undefined && status !== 'DELETE_COMPLETE' && status !== 'REVIEW_IN_PROGRESS')
        names.push(name);
    }
  }
  return names;
}

async function refreshersIn(
  cloudFormation: CloudFormationClient,
  stack: string,
): Promise<readonly Refresher[]> {
  const physicalIds = new Map<string, string>();
  let hasRefresher = false;
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: stack })) {
    for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of page.StackResourceSummaries ?? []) {
      physicalIds.set(LogicalResourceId ?? '', PhysicalResourceId ?? '');
      hasRefresher ||= ResourceType === CUSTOM_RESOURCE.tokenRemoval;
    }
  }
  // Saves two calls for each of the account's other stacks.
  if (!hasRefresher) return [];
  const [{ TemplateBody: body }, { Stacks: [described] = [] }] = await Promise.all([
    cloudFormation.send(new GetTemplateCommand({ StackName: stack })),
    cloudFormation.send(new DescribeStacksCommand({ StackName: stack })),
  ]);
  const template = parseTemplate(body ?? '');
  if (template === undefined || described?.StackId === undefined) return [];
  const parameters = (described.Parameters ?? []).map(
    ({ ParameterKey, ParameterValue, ResolvedValue }) =>
      [ParameterKey ?? '', ResolvedValue ?? ParameterValue ?? ''] as const,
  );
  return refreshersOf({
    stackId: described.StackId,
    template,
    physicalIds,
    parameters: new Map(parameters),
  });
}
