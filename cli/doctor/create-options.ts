import type { DeployedResource } from '../deployed/refreshers-of-stack.ts';

/** A tag in a template. */
interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The options that give a role its deployed boundary, path and tags when it is created again. */
export function roleOptions({ properties }: DeployedResource): readonly string[] {
  const { PermissionsBoundary: boundary, Path: path } = properties;
  return [
    ...(typeof path === 'string' ? ['--path', path] : []),
    ...(typeof boundary === 'string' ? ['--permissions-boundary', boundary] : []),
    ...tagOptions(properties.Tags),
  ];
}

/** The option that gives a resource its deployed tags. */
export function tagOptions(tags: unknown): readonly string[] {
  return Array.isArray(tags) && tags.length > 0 ? ['--tags', JSON.stringify(tags)] : [];
}

/** The same option for services whose tags are a map. */
export function tagMapOptions(tags: unknown): readonly string[] {
  return Array.isArray(tags) && tags.length > 0 ? ['--tags', JSON.stringify(tagMap(tags as Tag[]))] : [];
}

export function tagMap(tags: readonly Tag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
