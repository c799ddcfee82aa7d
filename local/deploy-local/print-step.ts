const NAME_WIDTH = 24;

/** Prints the name of a step when it begins, and its result and its time when it is done. */
export type Step = <Result>(
  name: string,
  action: () => Promise<Result>,
  describe: (result: Result) => string,
) => Promise<Result>;

export function createStep(write: (text: string) => void): Step {
  return async (name, action, describe) => {
    const begun = Date.now();
    write(`  ${name.padEnd(NAME_WIDTH)}`);
    try {
      const result = await action();
      write(`${describe(result)}  (${((Date.now() - begun) / 1_000).toFixed(1)} s)\n`);
      return result;
    } catch (error) {
      write('not done\n');
      throw error;
    }
  };
}
