/** The publisher's name in package.json until it is filled in. */
const PLACEHOLDER = 'OWNER';

interface PackageDescription {
  readonly version: string;
  readonly repository: unknown;
  readonly homepage: unknown;
  readonly bugs: unknown;
  readonly author: unknown;
}

/** One message for each reason not to publish this package from this tag. */
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
