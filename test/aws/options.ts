import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run test:aws -- [--yes] [--report <file>] [--local]

Deploys the system to your AWS account, checks each step, and removes everything again.

  --yes            start without the question about the cost
  --report <file>  also write the report, in Markdown, to this file
  --local          use MiniStack on this machine instead of AWS
`;

export interface Options {
  readonly yes: boolean;
  readonly local: boolean;
  readonly report: string | undefined;
}

/** @throws TypeError for an unknown option */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      yes: { type: 'boolean', default: false },
      local: { type: 'boolean', default: false },
      report: { type: 'string' },
    },
  });
  return { yes: values.yes, local: values.local, report: values.report };
}
