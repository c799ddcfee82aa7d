import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** All recorded outputs. */
const RECORD = fileURLToPath(new URL('cli-output.md', import.meta.url));
/** Shows some of them as examples. */
const REFERENCE = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));

export interface RecordedOutput {
  record(id: string, ...outputs: readonly { readonly command: string; readonly output: string }[]): void;
  /** Compares the outputs with both files, or rewrites the files if UPDATE_DOCS is set. */
  check(): Promise<void>;
}

const BLOCK = /<!-- output: ([\w-]+) -->\n\n```console\n([\s\S]*?)```/g;

export function createRecordedOutput(): RecordedOutput {
  const recorded = new Map<string, string>();
  return {
    record(id, ...outputs) {
      const parts = outputs.map(({ command, output }) => `$ ${command}\n${normalize(output)}\n`);
      recorded.set(id, parts.join('\n'));
    },
    async check() {
      if (process.env.UPDATE_DOCS !== undefined) await update(recorded);
      expect(await readBlocks(RECORD)).toEqual(recorded);
      for (const [id, block] of await readBlocks(REFERENCE)) {
        expect(block, `the example "${id}" of docs/cli.md`).toBe(recorded.get(id));
      }
    },
  };
}

async function readBlocks(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8');
  return new Map([...text.matchAll(BLOCK)].map(([, id = '', block = '']) => [id, block]));
}

const HEADER = `# Recorded output of the CLI

\`UPDATE_DOCS=1 npm run test:cli\` writes this file. After a fault, \`doctor\` is shown without the links that are ok.`;

async function update(recorded: ReadonlyMap<string, string>): Promise<void> {
  const blocks = [...recorded].map(([id, block]) => toMarkdown(id, block));
  await writeFile(RECORD, `${HEADER}\n\n${blocks.join('\n\n')}\n`);
  const reference = await readFile(REFERENCE, 'utf8');
  const updated = reference.replaceAll(BLOCK, (_block, id: string, before: string) =>
    toMarkdown(id, recorded.get(id) ?? before),
  );
  await writeFile(REFERENCE, updated);
}

function toMarkdown(id: string, block: string): string {
  return `<!-- output: ${id} -->\n\n\`\`\`console\n${block}\`\`\``;
}

/** Replaces what differs between runs with fixed examples. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2031-03-04 21:15:00 UTC'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '6f1c2a34-7b58-4d09-9e6a-0c5d3b7e8f21'],
  [/\b[0-9a-f]{64}\b/g, '…'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:8080'],
  // CloudFormation's suffix to a logical id.
  [/(Refresher\w+[0-9A-F]{7,8})-?[0-9A-F]{11,24}\b/g, '$1-1A2B3C4D5E6F'],
  [/(ScheduleGroup)-?[0-9A-F]{8}\b/g, '$1-1A2B3C4D'],
  [/\d+ (?:h|min|s)(?: \d+ (?:min|s))? of 1 h left/g, '41 min of 1 h left'],
  [/█+░*(?= 41 min)/g, `${'█'.repeat(27)}${'░'.repeat(13)}`],
  [/valid for \d+ (?:h|min|s)(?: \d+ (?:min|s))?/g, 'valid for 41 min'],
  [/(?<=minted {5}|issued )\d+ (?:min|s)(?: \d+ s)? ago/g, '19 min ago'],
  [/(?<=minted {5})1 h(?: \d+ (?:min|s))? ago/g, '1 h 4 min ago'],
  [/(?<=last run +|expired )(?:\d+ (?:min|s) )+ago/g, '4 min ago'],
  [/(?<=^healthy {2}sandbox {2})\d+ min +\d+ (?:min|s) ago/gm, '41 min     4 min ago'],
  // Consistent with a token that is valid for 41 minutes.
  [/(?<=minted in about )\d+ min, at [\d: -]+ UTC/g, '11 min, at 2031-03-04 20:45:00 UTC'],
  [/(?<=parameter )version \d+(?=, valid)/g, 'version 7'],
  [/version \d+ of (?=\/)/g, 'version 7 of '],
];

function normalize(output: string): string {
  return VARYING.reduce((text, [pattern, example]) => text.replaceAll(pattern, example), output.trimEnd());
}
