import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateDescribeStacks,
  paginateListStackResources,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { CUSTOM_RESOURCE } from '../../lambda/shared/custom-resources.ts';
import { fewAtATime } from './few-at-a-time.ts';
import { type Refresher, refreshersOf, STACK_PREFIX } from './refreshers-of-stack.ts';
import { parseTemplate } from './template.ts';

/** Stacks read at the same time. If CloudFormation throttles the reads, the client slows down. */
const MAX_PARALLEL = 10;

/**
 * Finds the refreshers of one stack, or of all stacks in the account and region. Reads CloudFormation rather than
 * Lambda, so a refresher whose function was deleted is still found.
 */
export async function findRefreshers(
  cloudFormation: CloudFormationClient,
  stack: string | undefined,
): Promise<readonly Refresher[]> {
  const stacks =
    stack === undefined ? await allStacks(cloudFormation) : await oneStack(cloudFormation, stack);
  const read = (one: Stack) =>
    refreshersIn(cloudFormation, one).catch((error: unknown) => {
      if (isStackGone(error)) return [];
      throw error;
    });
  const found = await fewAtATime(stacks, read, MAX_PARALLEL);
  return found.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function stackExists(cloudFormation: CloudFormationClient, stack: string): Promise<boolean> {
  return (await oneStack(cloudFormation, stack)).length > 0;
}

async function oneStack(cloudFormation: CloudFormationClient, StackName: string): Promise<readonly Stack[]> {
  try {
    const { Stacks: stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return stacks;
  } catch (error) {
    if (isStackGone(error)) return [];
    throw error;
  }
}

/** The name is the only input, so either no stack has it or it is not a valid stack name. */
function isStackGone(error: unknown): boolean {
  return describeAwsFailure(error).name === 'ValidationError';
}

/** A page of this call describes up to 100 stacks, so none of them needs a call of its own. */
async function allStacks(cloudFormation: CloudFormationClient): Promise<readonly Stack[]> {
  const stacks: Stack[] = [];
  for await (const page of paginateDescribeStacks({ client: cloudFormation }, {}))
    stacks.push(...(page.Stacks ?? []));
  return stacks.filter(({ StackStatus: status }) => status !== 'REVIEW_IN_PROGRESS');
}

async function refreshersIn(
  cloudFormation: CloudFormationClient,
  { StackName: name, StackId: stackId, Parameters: values = [] }: Stack,
): Promise<readonly Refresher[]> {
  if (name === undefined || stackId === undefined) return [];
  const readTemplate = () => cloudFormation.send(new GetTemplateCommand({ StackName: name }));
  // By its name, this stack has a refresher: one round trip instead of two.
  const early = name.startsWith(STACK_PREFIX) ? readTemplate() : undefined;
  const [{ physicalIds, hasRefresher }, known] = await Promise.all([
    readResources(cloudFormation, name),
    early,
  ]);
  // Saves a call for each of the account's other stacks.
  if (!hasRefresher) return [];
  const { TemplateBody: body } = known ?? (await readTemplate());
  const template = parseTemplate(body ?? '');
  if (template === undefined) return [];
  const parameters = values.map(
    ({ ParameterKey, ParameterValue, ResolvedValue }) =>
      [ParameterKey ?? '', ResolvedValue ?? ParameterValue ?? ''] as const,
  );
  return refreshersOf({ stackId, template, physicalIds, parameters: new Map(parameters) });
}

/** Physical ids by logical id, and whether one of the resources belongs to a refresher. */
async function readResources(
  client: CloudFormationClient,
  StackName: string,
): Promise<{ readonly physicalIds: ReadonlyMap<string, string>; readonly hasRefresher: boolean }> {
  const physicalIds = new Map<string, string>();
  let hasRefresher = false;
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of page.StackResourceSummaries ?? []) {
      physicalIds.set(LogicalResourceId ?? '', PhysicalResourceId ?? '');
      hasRefresher ||= ResourceType === CUSTOM_RESOURCE.tokenRemoval;
    }
  }
  return { physicalIds, hasRefresher };
}
