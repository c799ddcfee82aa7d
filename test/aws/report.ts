import type { Account } from './account.ts';
import type { Finding } from './findings.ts';
import type { Names } from './names.ts';
import type { StepResult } from './run-steps.ts';

export interface ReportInput {
  readonly account: Pick<Account, 'description' | 'isEmulator'>;
  readonly names: Pick<Names, 'suffix'>;
  readonly startedAt: Date;
  readonly steps: readonly StepResult[];
  readonly findings: readonly Finding[];
  /** What the cleanup could not remove. */
  readonly remains: readonly string[];
}

/** The report in Markdown. */
export function renderReport(input: ReportInput): string {
  const { account, names, startedAt, steps, findings, remains } = input;
  return [
    '# Token Refresher on AWS',
    '',
    `${startedAt.toISOString().slice(0, 16)}Z, ${account.description}, names with ${names.suffix}.`,
    ...(account.isEmulator ? ['This is an emulator: the report says little about AWS.'] : []),
    '',
    '## Steps',
    '',
    ...table(
      ['step', 'result', 'seconds', 'seen'],
      steps.map(({ name, outcome, seconds, detail }) => [name, outcome, String(seconds), detail]),
    ),
    '',
    '## What the system assumes about AWS',
    '',
    ...table(
      ['question', 'assumed', 'verdict', 'seen'],
      findings.map(({ question, assumed, verdict, seen }) => [question, assumed, verdict, seen]),
    ),
    '',
    '## Left behind',
    '',
    ...(remains.length === 0
      ? [
          "Nothing but the token's KMS key, which AWS deletes after 7 days at no cost, and the functions' code in the CDK's bucket.",
        ]
      : remains.map((what) => `- ${what}`)),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)];
}

/** A message may have several lines, of which the last ones say why the CDK CLI failed. */
function cell(text: string): string {
  const flat = text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim();
  return flat.length <= 400 ? flat : `… ${flat.slice(-400)}`;
}
