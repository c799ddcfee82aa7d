import type { InvocationResult } from '../function-runtime.ts';

/** What started a run of the refresher: the schedule, a key, or a consumer that reports a rejected token. */
export type Cause = 'schedule' | 'you' | 'report';

/** All runs of the refresher, whatever their cause. */
export interface Runs {
  readonly inProgress: number;
  run(event: unknown, cause: Cause): Promise<InvocationResult>;
  /** Called after each run. */
  ended: (cause: Cause, answer: InvocationResult) => void;
}

export function createRuns(invoke: (event: unknown) => Promise<InvocationResult>): Runs {
  let inProgress = 0;
  const runs: Runs = {
    get inProgress() {
      return inProgress;
    },
    async run(event, cause) {
      inProgress += 1;
      const answer = await invoke(event);
      inProgress -= 1;
      runs.ended(cause, answer);
      return answer;
    },
    ended: () => undefined,
  };
  return runs;
}
