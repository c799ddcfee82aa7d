import { paginateListStackResources } from '@aws-sdk/client-cloudformation';
import type { CloudClients } from './cloud-clients.ts';

export interface DeployedResource {
  /** CloudFormation type, for example `AWS::Lambda::Function`. */
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
}

export async function listResources(
  { cloudFormation }: CloudClients,
  stack: string,
): Promise<readonly DeployedResource[]> {
  const resources: DeployedResource[] = [];
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: stack })) {
    for (const { ResourceType, LogicalResourceId, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      resources.push({
        type: ResourceType ?? '',
        logicalId: LogicalResourceId ?? '',
        physicalId: PhysicalResourceId ?? '',
      });
    }
  }
  return resources;
}

/**
 * The physical id of the only resource of this type whose logical id contains `part`.
 * @throws Error if there is none or more than one
 */
export function findResource(resources: readonly DeployedResource[], type: string, part = ''): string {
  const [found, another] = resources.filter(
    (resource) => resource.type === type && resource.logicalId.includes(part),
  );
  if (found === undefined || another !== undefined) {
    throw new Error(`the stack has ${found === undefined ? 'no' : 'more than one'} ${type} ${part}`);
  }
  return found.physicalId;
}
