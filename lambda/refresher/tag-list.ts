import type { Tag } from '@aws-sdk/client-ssm';

/** Tags as Parameter Store expects them. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
