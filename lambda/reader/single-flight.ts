/** Runs an operation at most once at a time: calls during a run share its result. */
export function singleFlight<Result>(operation: () => Promise<Result>) {
  let current: Promise<Result> | undefined;
  return {
    run(): Promise<Result> {
      current ??= operation().finally(() => {
        current = undefined;
      });
      return current;
    },
    get pending(): boolean {
      return current !== undefined;
    },
  };
}

/** The same, separately for each key. */
export function singleFlightByKey<Result>(
  operation: (key: string) => Promise<Result>,
): (key: string) => Promise<Result> {
  const current = new Map<string, Promise<Result>>();
  return (key) => {
    const running = current.get(key) ?? operation(key).finally(() => current.delete(key));
    current.set(key, running);
    return running;
  };
}
