import { createInterface } from 'node:readline/promises';
import type { Account } from './account.ts';
import { shownCost } from './cost.ts';
import type { Names } from './names.ts';

/** What the run will do, for the user to agree to. */
export function describeRun({ description, isEmulator }: Account, { stacks }: Names): string {
  const terms = [
    `It takes about 45 minutes and costs about ${shownCost()}. See docs/aws-test.md.`,
    'One function URL is public during the run. It issues tokens that no other API accepts.',
  ];
  return [
    `This deploys three stacks to ${description}, checks them, and removes them again:`,
    ...Object.values(stacks).map((stack) => `  ${stack}`),
    ...(isEmulator ? [] : terms),
    '',
  ].join('\n');
}

/** Whether the user agrees. The default answer is no. */
export async function confirm(signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Start? [y/N] ', { signal })).trim());
  } finally {
    terminal.close();
  }
}
