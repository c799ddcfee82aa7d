import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  paginateListStacks,
} from '@aws-sdk/client-cloudformation';
import { CUSTOM_RESOURCE } from '../../lambda/shared/custom-resources.ts';
import { type Refresher, refreshersOf } from './refreshers-of-stack.ts';
import { parseTemplate } from './template.ts';

/** Stacks that are looked at side by side: enough to be quick, and few enough for CloudFormation's rate limits. */
const SIDE_BY_SIDE = 6;

/**
 * The refreshers that are deployed in the account and region: those of one stack, or else of all. CloudFormation is
 * asked, not Lambda, so that one whose function is gone is found too.
 */
export async function findRefreshers(
  cloudFormation: CloudFormationClient,
  stack: string | undefined,
): Promise<readonly Refresher[]> {
  if (stack !== undefined)
    return (await stackExists(cloudFormation, stack)) ? refreshersIn(cloudFormation, stack) : [];
  const waiting = await listStacks(cloudFormation);
  const found: Refresher[] = [];
  while (waiting.length > 0) {
    const next = waiting.splice(0, SIDE_BY_SIDE);
    found.push(...(await Promise.all(next.map((name) => refreshersIn(cloudFormation, name)))).flat());
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function stackExists(cloudFormation: CloudFormationClient, stack: string): Promise<boolean> {
  try {
    const { Stacks: [found] = [] } = await cloudFormation.send(
      new DescribeStacksCommand({ StackName: stack }),
    );
    return found !== undefined;
  } catch (error) {
    if (isMissingStack(error)) return false;
    throw error;
  }
}

/** CloudFormation has no error of its own for it. */
function isMissingStack(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ValidationError' && error.message.endsWith('does not exist')
  );
}

async function listStacks(cloudFormation: CloudFormationClient): Promise<string[]> {
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
  // Spares every other stack of the account the two calls below.
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
