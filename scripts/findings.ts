import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The report that CDK writes about the checks of a synth. */
export interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly suppressedViolations?: readonly AcceptedFinding[];
  }[];
}

export interface AcceptedFinding {
  readonly ruleName: string;
  readonly description: string;
  readonly reason: string;
  readonly acknowledgedAt: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

export async function readReport(outdir: string): Promise<ValidationReport> {
  return JSON.parse(await readFile(join(outdir, 'validation-report.json'), 'utf8')) as ValidationReport;
}

export function acceptedFindings({ pluginReports }: ValidationReport): readonly AcceptedFinding[] {
  return pluginReports.flatMap(({ suppressedViolations = [] }) => suppressedViolations);
}

/** Renders the accepted cdk-nag findings and the reasons as a Markdown table. */
export function renderFindings(report: ValidationReport): string {
  const rows = new Map<string, { readonly rules: Set<string>; readonly constructs: Set<string> }>();
  for (const { ruleName, reason, acknowledgedAt } of acceptedFindings(report)) {
    const row = rows.get(reason) ?? { rules: new Set(), constructs: new Set() };
    rows.set(reason, row);
    row.rules.add(`\`${ruleName}\``);
    row.constructs.add(`\`${acknowledgedAt.split('/').at(-1)}\``);
  }
  const lines = [...rows].map(
    ([reason, { rules, constructs }]) =>
      `| ${[...rules].sort().join('<br>')} | ${[...constructs].sort().join('<br>')} | ${reason} |`,
  );
  return ['| finding | construct | accepted because |', '| --- | --- | --- |', ...lines.sort()].join('\n');
}
