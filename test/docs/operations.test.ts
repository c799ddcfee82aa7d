import { readFile } from 'node:fs/promises';
import { describe, expect, inject, test } from 'vitest';
import { expiryThreshold } from '../../lambda/shared/alarm-thresholds.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import { REFRESH_ERROR_CODES, RefreshError } from '../../lambda/shared/refresh-error.ts';
import { ALARM_NAMES, type AlarmName, alarmsOf } from '../support/alarms.ts';
import { firstAlarm, incidents, MOST_EXTRA_PERIODS } from '../support/incidents.ts';
import type { Fault } from '../support/refresher-model.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const runbook = await read('docs/operations.md');
const readme = await read('README.md');

/** The text between a heading and the next one. */
const section = (heading: string): string => {
  const [, level = '', text = ''] =
    new RegExp(`^(#+) ${heading}\\n([\\s\\S]*?)(?=^#{1,3} |(?![\\s\\S]))`, 'm').exec(runbook) ?? [];
  if (level === '') throw new Error(`docs/operations.md has no section ${heading}`);
  return text;
};
/** The cells of the table with this first column. */
const table = (header: string): string[][] =>
  (runbook.slice(runbook.indexOf(`| ${header} |`)).split('\n\n')[0] ?? '')
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const DEFAULTS = { checkEvery: 300, refreshBefore: 1_800, lifetime: 3_600 };
const alarms = alarmsOf(DEFAULTS);

describe('the runbook', () => {
  test.for([...ALARM_NAMES, ...REFRESH_ERROR_CODES])('has a section with a fix for %s', (name) => {
    expect(section(name)).toMatch(/\*\*.*fix.*\*\*/i);
  });

  test('lists every code, and whether the failure may pass by itself', () => {
    const rows = table('code').map(([code = '', , passes]) => [/`(\w+)`/.exec(code)?.[1], passes]);
    expect(rows).toEqual(
      REFRESH_ERROR_CODES.map((code) => [code, new RefreshError(code, '').retryable ? 'maybe' : 'no']),
    );
  });

  test('lists every metric', () => {
    const listed = table('metric').flatMap(([names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(listed.sort()).toEqual(Object.values(METRIC).sort());
  });

  test('has the section that the description of each alarm links to', () => {
    const descriptions = Object.values(inject('deployable').template.Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => JSON.stringify(Properties.AlarmDescription));
    const links = descriptions.map((text) => /docs\/operations\.md#([\w-]+)/.exec(text)?.[1]);
    expect(links.sort()).toEqual(ALARM_NAMES.map((name) => name.toLowerCase()).sort());
    for (const name of ALARM_NAMES) expect(section(name)).not.toBe('');
  });
});

describe('with the default settings and one-hour tokens', () => {
  const FAULTS: Readonly<Record<string, Fault>> = {
    'The token endpoint is down': 'endpoint-down',
    'The credentials are revoked': 'credentials-revoked',
    'The token endpoint answers 429': 'throttled',
    'Parameter Store does not answer': 'store-down',
    'The schedule is off': 'schedule-off',
    'The function is deleted': 'function-deleted',
    "The function's log does not arrive": 'log-lost',
  };

  const rows = table('what happens');

  test('the runbook lists every kind of incident', () => {
    expect(rows.map(([what]) => what)).toEqual(Object.keys(FAULTS));
  });

  test.for(rows)('"%s" leaves the minutes that the runbook states for the worst case', (row) => {
    const [what = '', first = '', minutes, minutesAtTokenExpiring] = row;
    const all = incidents(DEFAULTS, alarms, FAULTS[what] as Fault);
    const minutesLeft = (names: readonly AlarmName[]) => {
      const left = all.map(
        ({ expiresAt, alarms }) => expiresAt - Math.min(...names.map((name) => firstAlarm(alarms[name]))),
      );
      return Math.floor(Math.min(...left) / 60);
    };
    expect(minutesLeft([first.replaceAll('`', '') as AlarmName])).toBe(Number(minutes));
    expect(minutesLeft(ALARM_NAMES)).toBe(Number(minutes));
    expect(minutesLeft(['TokenExpiring'])).toBe(Number(minutesAtTokenExpiring));
  });

  test('README.md states the fewest minutes of these', () => {
    const fewest = Math.min(...rows.map(([, , minutes]) => Number(minutes)));
    expect(readme).toContain(`at least ${fewest} minutes before`);
  });

  test('TokenExpiring has the bounds that the runbook states', () => {
    const { Period, EvaluationPeriods } = alarms.TokenExpiring;
    const [least, most] = [2, MOST_EXTRA_PERIODS].map((extra) => (Period * (EvaluationPeriods + extra)) / 60);
    expect(section('TokenExpiring')).toContain(`less than ${expiryThreshold(DEFAULTS) / 60} minutes`);
    expect(section('TokenExpiring')).toContain(`for ${least} to ${most} minutes`);
  });
});
