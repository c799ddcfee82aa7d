/** The part of a mutation testing report that is read here. See https://github.com/stryker-mutator/mutation-testing-elements. */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

const DETECTED = ['Killed', 'Timeout'];
const UNDETECTED = ['Survived', 'NoCoverage'];

/** The mutation score of each file that has mutants, in percent. The lowest comes first. */
export function mutationScores({
  files,
}: MutationReport): readonly (readonly [file: string, score: number])[] {
  return Object.entries(files)
    .map(([file, { mutants }]) => {
      const count = (statuses: readonly string[]) =>
        mutants.filter(({ status }) => statuses.includes(status)).length;
      const [detected, undetected] = [count(DETECTED), count(UNDETECTED)];
      return [file, (100 * detected) / (detected + undetected)] as const;
    })
    .filter(([, score]) => !Number.isNaN(score))
    .toSorted(([, score], [, other]) => score - other);
}
