import { ListTagsForResourceCommand, type SSMClient } from '@aws-sdk/client-ssm';

/** The tags of a parameter. */
export async function tagsOf(ssm: SSMClient, parameterName: string): Promise<Record<string, string>> {
  const { TagList: tags = [] } = await ssm.send(
    new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: parameterName }),
  );
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}
