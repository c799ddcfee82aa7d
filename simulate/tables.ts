import { table as markdownTable } from '../scripts/markdown-table.ts';
import { type Column, ROWS } from './aggregate.ts';
import { type Expectation, percent } from './expectations.ts';
import { HARD_YEAR } from './fault-plans.ts';
import { CLASSES, GROUPS } from './scenarios.ts';
import { type Outcome, STRATEGIES } from './strategies.ts';

const MINUTE_MS = 60_000;

/** The groups that are compared, in order. */
export const SHOWN: readonly string[] = [...CLASSES.map(({ name }) => name), GROUPS.hard];

/** The figures that are compared. `least`: where the axis of the picture begins. */
export const FIGURES = [
  {
    title: 'Calls without a good token',
    unit: '%',
    least: 0.0001,
    value: ({ badShare }: Outcome) => badShare * 100,
  },
  {
    title: 'Longest gap',
    unit: 'minutes',
    least: 0.1,
    value: ({ longestGap }: Outcome) => longestGap / 60_000,
  },
  {
    title: 'Token requests a day',
    unit: '',
    least: 10,
    value: ({ requestsPerDay }: Outcome) => requestsPerDay,
  },
] as const;

/** The generated section of docs/reliability.md. */
export function renderSection(columns: readonly Column[], expectations: readonly Expectation[]): string {
  const shown = SHOWN.map((group) => columns.find((column) => column.group === group) as Column);
  const table = (cell: (outcome: Outcome) => string): string =>
    markdownTable(
      ['', ...SHOWN],
      ROWS.map((row, index) => [row, ...shown.map(({ outcomes }) => cell(outcomes[index] as Outcome))]),
    );
  const days = columns.reduce((sum, column) => sum + column.days, 0);
  return [
    `What ${days} simulated days show:`,
    markdownTable(
      ['expected', 'simulated'],
      expectations.map(({ text, figure }) => [text, figure]),
    ),
    'Share of the calls without a good token:',
    table(({ badShare }) => percent(badShare)),
    'Longest time in which a consumer had no good token:',
    table(({ longestGap }) => duration(longestGap)),
    'Token requests a day. In parentheses: the least that the strategy needs.',
    table(({ requestsPerDay, leastPerDay }) => `${requestsPerDay.toFixed(0)} (${leastPerDay.toFixed(0)})`),
    'The other strategies:',
    markdownTable(
      ['strategy', 'how it works'],
      STRATEGIES.map(({ name, does }) => [name, does]),
    ),
    'A year of hard faults:',
    renderHardYear(),
  ].join('\n\n');
}

function renderHardYear(): string {
  const { outages, rateLimits, slow, aws, scheduleOff, revocations, rotations, rates } = HARD_YEAR;
  const long = ({ least, most }: { least: number; most: number }) =>
    `${duration(least * MINUTE_MS)} to ${duration(most * MINUTE_MS)}`;
  const share = (rate: number) => `${rate * 100} %`;
  return markdownTable(
    ['fault', 'times', 'how long'],
    [
      ...outages.map((often) => [
        'The token endpoint refuses connections, fails, hangs, or limits the rate',
        String(often.times),
        long(often),
      ]),
      [
        'The token endpoint limits the rate, and asks to wait for up to an hour, even if the limit ends earlier',
        String(rateLimits.times),
        long(rateLimits),
      ],
      ['The token endpoint takes up to 28 seconds to answer', String(slow.times), long(slow)],
      ...['Parameter Store', 'Secrets Manager', 'KMS'].map((service) => [
        `${service} throttles, fails, or hangs`,
        String(aws.times),
        long(aws),
      ]),
      ['The schedule sends no event', String(scheduleOff.times), long(scheduleOff)],
      ['All tokens are revoked', String(revocations), ''],
      [
        'The credentials are rotated. In two of three rotations, the endpoint and the secret change up to 20 minutes apart',
        String(rotations),
        '',
      ],
      ['An event is lost', share(rates.lostEvents), ''],
      ['An event arrives twice', share(rates.doubledEvents), ''],
      ['An event arrives up to 10 minutes late', share(rates.delayedEvents), ''],
      ['A container dies during a run', share(rates.killedRuns), ''],
      ['A run starts in a cold container', share(rates.coldStarts), ''],
      ['The clocks of two containers differ', 'always', `up to ${2 * rates.clockError} s`],
    ],
  );
}

function duration(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  const minutes = milliseconds / MINUTE_MS;
  const [value, unit] = minutes < 100 ? [minutes, 'min'] : [minutes / 60, 'h'];
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${unit}`;
}
