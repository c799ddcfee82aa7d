import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const page = await readFile(new URL('../../docs/consumers.md', import.meta.url), 'utf8');
const [, section = ''] = page.split('\n## Test your function\n');
const [source = '', test = '', storedToken = ''] = [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code = '']) => code,
);

/** The package that a test runner's `test` comes from. */
type Runner = 'vitest' | 'node:test' | '@jest/globals';
type Files = Readonly<Record<string, string>>;

/** The TypeScript of the section *Test your function*, for one runner. */
export function consumerTest(runner: Runner): Files {
  const line = "import { test } from 'vitest'; // or 'node:test', or '@jest/globals'";
  if (!test.includes(line)) throw new Error('the example does not say where test comes from');
  return {
    'trips.ts': source,
    'trips.test.ts': test.replace(line, `import { test } from '${runner}';`),
    'stored-token.ts': storedToken,
  };
}

/** The same as JavaScript. */
export async function compiledConsumerTest(runner: Runner, format: 'esm' | 'cjs'): Promise<Files> {
  const files = Object.entries(consumerTest(runner)).map(async ([name, code]) => [
    name.replace('.ts', '.js'),
    (await transform(code, { loader: 'ts', format, target: 'node20' })).code,
  ]);
  return Object.fromEntries(await Promise.all(files));
}
