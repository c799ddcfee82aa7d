/** What the containers of one kind got. */
export interface Calls {
  readonly all: number;
  /** Calls without a good token. */
  readonly bad: number;
  /** The longest time in which a container had no good token, in milliseconds, from its first bad call to its next good one. */
  readonly longestGap: number;
}

/** Counts a call of a container, which began and ended at a Unix time in milliseconds. */
export type CountCall = (began: number, isGood: boolean, ended: number) => void;

export function createCallCounter() {
  const calls = { all: 0, bad: 0, longestGap: 0 };
  return {
    container(): CountCall {
      let badSince: number | undefined;
      return (began, isGood, ended) => {
        calls.all += 1;
        if (!isGood) calls.bad += 1;
        if (badSince !== undefined)
          calls.longestGap = Math.max(calls.longestGap, (isGood ? began : ended) - badSince);
        if (isGood) badSince = undefined;
        else badSince ??= began;
      };
    },
    result: (): Calls => ({ ...calls }),
  };
}
