import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The stack in which an example runs. */
export interface ExampleStack {
  readonly account: string;
  readonly region: string;
  /** The variables that the example uses but does not declare, by name. */
  readonly namesIn: (stack: Stack) => Readonly<Record<string, unknown>>;
}

/** The first JSON example of a document that contains a text. */
export async function documentJson<Content>(document: string, containing: string): Promise<Content> {
  const text = await readFile(join(root, document), 'utf8');
  const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => json);
  const example = examples.find((json) => json.includes(containing));
  if (example === undefined) throw new Error(`${document} has no JSON example with ${containing}`);
  return JSON.parse(example) as Content;
}

/** Runs the TypeScript example of a document that contains a text, and returns the template of its stack. */
export async function synthesizeExample(
  document: string,
  containing: string,
  { account, region, namesIn }: ExampleStack,
): Promise<Template> {
  const text = await readFile(join(root, document), 'utf8');
  const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  const example = examples.find((code) => code.includes(containing));
  if (example === undefined) throw new Error(`${document} has no example with ${containing}`);
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Example', {
    env: { account, region },
  });
  const names = namesIn(stack);
  // Inside the repository, so the example finds the installed packages.
  const file = join(root, '.local', `example-${randomUUID()}.ts`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PermissionsBoundary, Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { TokenRefresher } from '../infra/construct/token-refresher.ts';
export function run(stack: any, { ${Object.keys(names).join(', ')} }: any) {
${example.replaceAll(/^ *import .*$/gm, '').replaceAll('this', 'stack')}
}
`,
  );
  try {
    const { run } = (await import(file)) as { run: (stack: Stack, names: object) => void };
    run(stack, names);
  } finally {
    await rm(file);
  }
  return Template.fromStack(stack);
}
