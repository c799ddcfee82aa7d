/** Stands in package.json for the name of the publisher. */
const PLACEHOLDER = 'OWNER';

interface PackageDescription {
  readonly version: string;
  readonly repository: unknown;
  readonly homepage: unknown;
  readonly bugs: unknown;
  readonly author: unknown;
}

/** The reasons not to publish a package from a tag, a sentence each. */
export function releaseProblems(tag: string, description: PackageDescription): readonly string[] {
  const { version, repository, homepage, bugs, author } = description;
  const placeholders = Object.entries({ repository, homepage, bugs, author })
    .filter(([, value]) => JSON.stringify(value ?? PLACEHOLDER).includes(PLACEHOLDER))
    .map(([field]) => field);
  return [
    ...(tag === `v${version}`
      ? []
      : [`The tag "${tag}" does not match version ${version} in package.json. Tag the release v${version}.`]),
    ...(placeholders.length === 0
      ? []
      : [
          `package.json still has the placeholder ${PLACEHOLDER} in: ${placeholders.join(', ')}. See "Publish" in CONTRIBUTING.md.`,
        ]),
  ];
}
