/**
 * Calls the function for every item, for at most `parallel` items at a time. The results keep the order of the items.
 * The default suits a long series of calls for each item.
 */
export async function fewAtATime<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
  parallel = 2,
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
    await Promise.all(Array.from({ length: parallel }, work));
  } finally {
    // After a failure, the others stop.
    waiting.length = 0;
  }
  return results;
}

/** The items in groups of at most `size`, for calls that answer for several items. */
export function inGroups<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
