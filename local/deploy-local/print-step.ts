const NAME_WIDTH = 24;

/** Runs an action. Prints its name before, and its result and duration after. */
export type Step = <Result>(
  name: string,
  action: () => Promise<Result>,
  describe: (result: Result) => string,
) => Promise<Result>;

export function createStep(write: (text: string) => void): Step {
  return async (name, action, describe) => {
    const startedAt = Date.now();
    write(`  ${name.padEnd(NAME_WIDTH)}`);
    try {
      const result = await action();
      write(`${describe(result)}  (${((Date.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
      return result;
    } catch (error) {
      write('failed\n');
      throw error;
    }
  };
}
