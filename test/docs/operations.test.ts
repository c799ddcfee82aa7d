import { readFile } from 'node:fs/promises';
import { describe, expect, inject, test } from 'vitest';
import { expiryThreshold } from '../../lambda/shared/alarm-bounds.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import { REFRESH_ERROR_CODES } from '../../lambda/shared/refresh-error.ts';
import { ALARM_NAMES, type AlarmName, alarmsOf } from '../support/alarms.ts';
import { firstAlarm, incidents } from '../support/incidents.ts';
import { createRandom } from '../support/random.ts';
import { type Fault, modelRefresher } from '../support/refresher-model.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const runbook = await read('docs/operations.md');
const readme = await read('README.md');

/** The text under a heading, up to the next of its level or above. */
const section = (heading: string): string => {
  const [, level = '', text = ''] =
    new RegExp(`^(#+) ${heading}\\n([\\s\\S]*?)(?=^#{1,3} |(?![\\s\\S]))`, 'm').exec(runbook) ?? [];
  if (level === '') throw new Error(`docs/operations.md has no section ${heading}`);
  return text;
};
/** The cells of the table under the header that begins so. */
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
const anchorsIn = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

const DEFAULTS = { checkEvery: 300, refreshBefore: 1_800, lifetime: 3_600 };
const alarms = alarmsOf(DEFAULTS);

describe('the runbook', () => {
  test.for(ALARM_NAMES)('says of the alarm %s its likely cause, what to check and how to mend it', (name) => {
    for (const part of ['Likely cause', 'Check', 'Mend']) expect(section(name)).toContain(`*${part}`);
  });

  test.for(REFRESH_ERROR_CODES)(
    'says of the code %s its likely cause, what to check and how to mend it',
    (code) => {
      const text = section(code);
      for (const part of ['Likely cause', 'check', 'mend'])
        expect(text.toLowerCase()).toContain(part.toLowerCase());
    },
  );

  test('lists every code in its order', () => {
    expect(table('code').map(([code]) => /`(\w+)`/.exec(code ?? '')?.[1])).toEqual(REFRESH_ERROR_CODES);
  });

  test('lists every metric', () => {
    const listed = table('metric').flatMap(([names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(listed.sort()).toEqual(Object.values(METRIC).sort());
  });

  test('has the section that each alarm sends its reader to', () => {
    const descriptions = Object.values(inject('deployable').template.Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => JSON.stringify(Properties.AlarmDescription));
    const links = descriptions.map((text) => /docs\/operations\.md#([\w-]+)/.exec(text)?.[1]);
    expect(links.sort()).toEqual(ALARM_NAMES.map((name) => name.toLowerCase()).sort());
    for (const link of links) expect(anchorsIn(runbook)).toContain(link);
  });

  test('is found by every link to it', () => {
    const links = [
      ...[...runbook.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor),
      ...[...readme.matchAll(/docs\/operations\.md#([\w-]+)/g)].map(([, anchor]) => anchor),
    ];
    expect(links.length).toBeGreaterThan(20);
    for (const link of links) expect(anchorsIn(runbook)).toContain(link);
  });
});

describe('with the defaults', () => {
  const FAULTS: Readonly<Record<string, Fault>> = {
    'The token endpoint is down': 'endpoint-down',
    'The credentials are revoked': 'credentials-revoked',
    'The token endpoint answers 429': 'throttled',
    'Parameter Store does not answer': 'store-down',
    'The schedule is off': 'schedule-off',
    'The function is deleted': 'function-deleted',
    "The function's log does not arrive": 'log-lost',
  };

  test('each incident leaves the time that the runbook says, in the worst case', () => {
    const rows = table('what happens');
    expect(rows.map(([what]) => what)).toEqual(Object.keys(FAULTS));
    let least = Number.POSITIVE_INFINITY;
    for (const [what = '', first = '', minutes, toPage] of rows) {
      const all = incidents(DEFAULTS, alarms, FAULTS[what] as Fault);
      const left = (names: readonly AlarmName[]) =>
        Math.floor(
          Math.min(
            ...all.map(
              (one) => one.expiresAt - Math.min(...names.map((name) => firstAlarm(one.alarms[name]))),
            ),
          ) / 60,
        );
      const said = first.replaceAll('`', '') as AlarmName;
      expect([what, left([said]), left(ALARM_NAMES)]).toEqual([what, Number(minutes), Number(minutes)]);
      expect([what, left(['TokenExpiring'])]).toEqual([what, Number(toPage)]);
      least = Math.min(least, Number(minutes));
    }
    expect(readme).toContain(`at least [${least} minutes before the token expires]`);
  });

  test('the alarm for an expiring token has the bounds that the runbook says', () => {
    const { Period, EvaluationPeriods } = alarms.TokenExpiring;
    const silence = Period * (EvaluationPeriods + 2);
    expect(section('TokenExpiring')).toContain(`less than ${expiryThreshold(DEFAULTS) / 60} minutes`);
    expect(section('TokenExpiring')).toContain(`for ${silence / 60} minutes`);
  });
});

describe('the costs', () => {
  const cents = (text = '') => Math.round(Number(/\$([\d.]+)/.exec(text)?.[1]) * 100);
  const rows = new Map(
    table('what').map(([what = '', price, why = '']) => [what, { price: cents(price), why }]),
  );
  const row = (what: string) => rows.get(what) ?? { price: Number.NaN, why: '' };
  const resources = Object.values(inject('deployable').template.Resources);
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;

  test('follow from what the template makes', () => {
    expect(row('KMS key').price).toBe(100 * count('AWS::KMS::Key') + 3);
    expect(row('Secret').price).toBe(40 * count('AWS::SecretsManager::Secret') + 5);
    expect(row('Alarms').price).toBe(10 * count('AWS::CloudWatch::Alarm'));
    expect(row('Dashboard').price).toBe(300 * count('AWS::CloudWatch::Dashboard'));
  });

  test('follow from the metrics of a day without failures', () => {
    const { metrics } = modelRefresher({
      policy: DEFAULTS,
      lifetime: DEFAULTS.lifetime,
      from: 0,
      until: 24 * 3600,
      random: createRandom(1),
      fault: () => undefined,
    });
    const custom = [...metrics.keys()].filter((name) => name.startsWith('TokenRefresher/'));
    expect(custom).toHaveLength(5);
    expect(row('Metrics').price).toBe(30 * custom.length);
  });

  test('add up, and are told in README as well', () => {
    const parts = [...rows].filter(([what]) => what !== 'all').map(([, { price }]) => price);
    expect(row('all').price).toBe(parts.reduce((sum, price) => sum + price, 0));
    const free = row('Metrics').price + row('Alarms').price + row('Dashboard').price;
    expect(cents(row('all').why)).toBe(free);
    const dollars = (price: number) => `$${(price / 100).toFixed(2)}`;
    const told = [
      `${dollars(row('all').price)} a month`,
      `${dollars(row('KMS key').price)} for the KMS key`,
      `${dollars(row('Secret').price)} for the secret`,
      `${dollars(row('Metrics').price)} for five custom metrics`,
      `${dollars(row('Alarms').price)} for four alarms`,
      `${dollars(row('Dashboard').price)} for the dashboard`,
      `${dollars(free)} fall within the free tier`,
    ];
    for (const part of told) expect(readme).toContain(part);
  });
});
