/** Ids of the secret's versions with the stages AWSCURRENT and AWSPREVIOUS. */
export interface SecretVersions {
  readonly current: string;
  readonly previous: string | undefined;
}

/** The versions by their stages. Undefined if the secret has never held a value. */
export function versionsIn(
  stagesById: Readonly<Record<string, readonly string[]>>,
): SecretVersions | undefined {
  const stages = Object.entries(stagesById);
  const versionWith = (stage: string) => stages.find(([, names]) => names.includes(stage))?.[0];
  const current = versionWith('AWSCURRENT');
  return current === undefined ? undefined : { current, previous: versionWith('AWSPREVIOUS') };
}
