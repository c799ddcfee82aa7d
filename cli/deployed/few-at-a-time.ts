/** Stacks or refreshers read at the same time. CloudFormation throttles the reads of a few dozen stacks. */
const MAX_PARALLEL = 2;

/** Calls the function for every item, for a few items at a time. The results keep the order of the items. */
export async function fewAtATime<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const waiting = [...items.entries()].toReversed();
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [index, item] = next;
      results[index] = await read(item);
    }
  };
  try {
    await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
  } finally {
    // After a failure, the others stop.
    waiting.length = 0;
  }
  return results;
}
