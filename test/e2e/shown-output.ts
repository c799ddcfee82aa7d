import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';

/** What a page of the documentation shows of a command's output, under `<!-- output: id -->`. */
export interface ShownOutput {
  record(id: string, ...outputs: readonly { readonly command: string; readonly output: string }[]): void;
  /** Compares what was recorded with what the page shows. With UPDATE_DOCS set, the page is changed to show it. */
  check(): Promise<void>;
}

const SHOWN = /<!-- output: ([\w-]+) -->\n\n```console\n([\s\S]*?)```/g;

export function createShownOutput(page: string): ShownOutput {
  const recorded = new Map<string, string>();
  return {
    record(id, ...outputs) {
      const blocks = outputs.map(({ command, output }) => `$ ${command}\n${normalize(output)}\n`);
      recorded.set(id, blocks.join('\n'));
    },
    async check() {
      const text = await readFile(page, 'utf8');
      if (process.env.UPDATE_DOCS !== undefined) {
        const updated = text.replaceAll(
          SHOWN,
          (_block, id: string, before: string) =>
            `<!-- output: ${id} -->\n\n\`\`\`console\n${recorded.get(id) ?? before}\`\`\``,
        );
        await writeFile(page, updated);
        return;
      }
      const shown = new Map([...text.matchAll(SHOWN)].map(([, id = '', block = '']) => [id, block]));
      expect([...shown.keys()].toSorted()).toEqual([...recorded.keys()].toSorted());
      for (const [id, block] of recorded) expect(shown.get(id), `the output "${id}" of ${page}`).toBe(block);
    },
  };
}

/** What differs from one run to the next, and what stands for it on the page. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2031-03-04 21:15:00 UTC'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '6f1c2a34-7b58-4d09-9e6a-0c5d3b7e8f21'],
  [/\b[0-9a-f]{64}\b/g, '…'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:8080'],
  // What CloudFormation puts after the logical id of what it names.
  [/(Refresher\w+[0-9A-F]{7,8})-?[0-9A-F]{11,24}\b/g, '$1-1A2B3C4D5E6F'],
  [/(ScheduleGroup)-?[0-9A-F]{8}\b/g, '$1-1A2B3C4D'],
  [/\d+ (?:h|min|s)(?: \d+ (?:min|s))? of 1 h left/g, '41 min of 1 h left'],
  [/█+░*(?= 41 min)/g, `${'█'.repeat(27)}${'░'.repeat(13)}`],
  [/good for \d+ (?:h|min|s)(?: \d+ (?:min|s))?/g, 'good for 41 min'],
  [/(?<=minted {5}|issued )\d+ (?:min|s)(?: \d+ s)? ago/g, '19 min ago'],
  [/(?<=minted {5})1 h(?: \d+ (?:min|s))? ago/g, '1 h 4 min ago'],
  [/(?<=last run +|expired )(?:\d+ (?:min|s) )+ago/g, '4 min ago'],
  [/version \d+ of (?=the parameter|\/)/g, 'version 7 of '],
];

function normalize(output: string): string {
  return VARYING.reduce((text, [pattern, instead]) => text.replaceAll(pattern, instead), output.trimEnd());
}
