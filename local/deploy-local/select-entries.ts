import { parseArgs } from 'node:util';

/** How to say what to deploy. */
const USAGE = 'npm run deploy:local -- <name>, or for all of them: npm run deploy:local -- --all';

/**
 * The names in cdk.json that the command line asks for. Without a name, the only one.
 * @throws Error that says what to type
 */
export function selectEntries(args: readonly string[], known: readonly string[]): readonly string[] {
  const { all, names } = parse(args);
  const found = `cdk.json has: ${known.join(', ')}. Deploy one with: ${USAGE}`;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`cdk.json has no refresher ${unknown.join(', ')}. ${found}`);
  if (all && names.length > 0) throw new Error(`Give names or --all, not both. ${found}`);
  if (all) return known;
  if (names.length > 0) return [...new Set(names)];
  if (known.length === 1) return known;
  throw new Error(`cdk.json has ${known.length} refreshers, and none is named. ${found}`);
}

function parse(args: readonly string[]): { readonly all: boolean; readonly names: readonly string[] } {
  try {
    const options = { all: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { all: values.all, names: positionals };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : 'Unknown option'}. Use: ${USAGE}`);
  }
}
