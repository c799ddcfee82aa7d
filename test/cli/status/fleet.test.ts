import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { status } from '../../../cli/status/status-command.ts';
import { type Answers, awsError } from '../../support/answering-clients.ts';
import { fleetAnswers, parameterOf, runInFleet } from '../fleet.ts';

const names = Array.from({ length: 60 }, (_, index) => `supplier${String(index).padStart(2, '0')}`);

const statusIn = (
  answers: Answers,
  { name, ...options }: { readonly name?: string; readonly json?: boolean; readonly columns?: number } = {},
) => runInFleet(answers, (context) => status(context, name, {}), options);

describe('status of 60 refreshers, each in a stack of its own', () => {
  const answers = fleetAnswers({ names, expired: 'supplier17', failed: 'supplier42' });

  test('shows one line for each, the worst first, on a screen of 80 columns', async () => {
    const { exitCode, text } = await statusIn(answers, { columns: 80 });
    const [header, first, second, third, ...rest] = text.split('\n');
    expect(header).toMatch(/^state {4}name {8}time left {2}last run$/);
    expect(first).toBe('expired  supplier17  none       2 min ago: kept    the token has expired; the t…');
    expect(second).toMatch(/^soon {5}supplier42 {2}40 min {5}\d min ago: failed {2}the last run failed$/);
    expect(third).toMatch(/^healthy {2}supplier00 {2}40 min {5}\d min ago: kept$/);
    expect(rest.slice(-2)).toEqual([
      '60 refreshers: 1 expired, 1 soon, 58 healthy',
      'Find the cause with: npm run token-refresher -- doctor supplier17',
    ]);
    expect(text.split('\n')).toHaveLength(63);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(exitCode).toBe(EXIT.noToken);
  });

  test('is what docs/cli.md shows, for four refreshers', async () => {
    const fleet = { names: ['flights', 'hotels', 'rail', 'spotnana'], expired: 'rail', failed: 'hotels' };
    const { text } = await statusIn(fleetAnswers(fleet), { columns: 120 });
    const shown = text.replaceAll('npm run token-refresher --', 'npx --no -- token-refresher');
    const file = new URL('../../../docs/cli.md', import.meta.url);
    const document = await readFile(file, 'utf8');
    const example = /(<!-- example: fleet -->\n\n```console\n\$ .*\n)([^`]*)/;
    if (process.env.UPDATE_DOCS !== undefined)
      await writeFile(
        file,
        document.replace(example, (_, begin: string) => `${begin}${shown}\n`),
      );
    expect(example.exec(await readFile(file, 'utf8'))?.[2]).toBe(`${shown}\n`);
  });

  test('takes 13 round trips to AWS, as docs/cli.md says', async () => {
    const { counts, roundTrips } = await statusIn(answers);
    expect(roundTrips).toBe(13);
    expect(counts).toEqual({
      DescribeStacks: 1,
      ListStackResources: 60,
      GetTemplate: 60,
      GetFunction: 60,
      DescribeKey: 60,
      DescribeSecret: 60,
      GetSchedule: 60,
      GetParameters: 6,
      DescribeAlarms: 3,
      GetMetricData: 1,
    });
  });

  test('reads the logs if the metrics may not be read', async () => {
    const denied = { ...answers, GetMetricDataCommand: () => awsError('AccessDenied') };
    const { counts, text } = await statusIn(denied);
    expect(counts.FilterLogEvents).toBe(60);
    expect(text).toContain('soon     supplier42');
  });

  test('reads each parameter by itself if a group cannot be read', async () => {
    const value = answers.GetParametersCommand as (input: { Names: string[] }) => { Parameters: unknown[] };
    const { counts, text } = await statusIn({
      ...answers,
      GetParametersCommand: (input: { Names: string[] }) =>
        input.Names.includes(parameterOf('supplier03')) ? awsError('AccessDeniedException') : value(input),
    });
    expect(counts.GetParameter).toBe(10);
    expect(text).toContain('60 refreshers: 1 expired, 1 soon, 58 healthy');
  });

  test('says for each refresher that its alarms may not be read', async () => {
    const { text } = await statusIn({ ...answers, DescribeAlarmsCommand: () => awsError('AccessDenied') });
    expect(text.match(/unknown alarms/g)).toHaveLength(60);
  });

  test('shows the refreshers that match a pattern', async () => {
    const { text } = await statusIn(answers, { name: 'supplier0*' });
    expect(text.split('\n')).toHaveLength(12);
    expect(text).toContain('10 refreshers: 10 healthy');
  });

  test('shows the details of one that is named', async () => {
    const { text } = await statusIn(answers, { name: 'supplier42' });
    expect(text).toMatch(/^supplier42 {2}\/supplier42\/token {2}soon\n {2}token /);
    expect(text).toContain('RATE_LIMITED: why.');
  });

  test('prints the same JSON as before, by name and with the logs', async () => {
    const { value, counts } = await statusIn(answers, { json: true });
    expect((value as { name: string }[]).map(({ name }) => name)).toEqual(names);
    expect(value).toMatchObject({ 42: { last_run: { outcome: 'failed', code: 'RATE_LIMITED' } } });
    expect(counts.FilterLogEvents).toBe(60);
  });
});
