import { expect, test } from 'vitest';
import { ASSUMPTIONS } from './assumptions.ts';
import { createFindings } from './findings.ts';
import { renderReport } from './report.ts';

const find = (isEmulator: boolean) => {
  const findings = createFindings(isEmulator);
  findings.record('eventAge', 'no | limit', false);
  findings.record('claim', '1 minted', true);
  return findings.all();
};
const findingFor = (isEmulator: boolean, question: string) =>
  find(isEmulator).find((finding) => finding.question === question);

test('the report on AWS shows an assumption that differs, and the reason for one that was not asked', () => {
  expect(findingFor(false, ASSUMPTIONS.eventAge.question)?.verdict).toBe('differs');
  expect(findingFor(false, ASSUMPTIONS.lambdaKey.question)).toMatchObject({
    verdict: 'not asked',
    seen: ASSUMPTIONS.lambdaKey.neverAsked,
  });
});

test("the report on an emulator does not show an emulator's answer as one of AWS", () => {
  expect(findingFor(true, ASSUMPTIONS.eventAge.question)).toMatchObject({
    verdict: 'not asked',
    seen: ASSUMPTIONS.eventAge.notOnEmulator,
  });
  expect(findingFor(true, ASSUMPTIONS.claim.question)?.verdict).toBe('as assumed');
});

test('the report has one row for each assumption, and lists what remains', () => {
  const report = renderReport({
    account: { description: 'AWS account 111111111111', isEmulator: false },
    names: { suffix: '1a2b3c4d' },
    startedAt: new Date(0),
    steps: [{ name: 'account', outcome: 'failed', detail: 'first\nsecond', seconds: 1 }],
    findings: find(false),
    remains: ['stack Consumer-awstest-1a2b3c4d'],
  });
  expect(report).toContain('| account | failed | 1 | first second |');
  expect(report).toContain('| differs | no \\| limit |');
  expect(report).toContain('- stack Consumer-awstest-1a2b3c4d');
  const rows = report.split('\n').filter((line) => /\| (as assumed|differs|not asked) \|/.test(line));
  expect(rows).toHaveLength(Object.keys(ASSUMPTIONS).length);
});
