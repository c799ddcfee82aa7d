import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { INITIAL_CONSUMER } from '../../../local/demo/consumer-state.ts';
import { KEYS } from '../../../local/demo/keys.ts';
import { describeKeys, layOut, type ScreenState } from '../../../local/demo/screen.ts';

const time = '12:00:00';
const state: ScreenState = {
  now: 100_000,
  authorization: 'up',
  tokenRequests: 3,
  naiveTokenRequests: 1,
  lastRun: 'kept (fresh)',
  secondsLeft: 45,
  lifetime: 90,
  parameterVersion: 2,
  reading: { ...INITIAL_CONSUMER, calls: 10 },
  naive: { calls: 10, failures: 2, retried: 0, outage: { since: 97_500, reason: 'no token' } },
  hasKeys: true,
  events: [{ time, text: 'schedule: minted (expiring)' }],
  apiUrl: 'http://127.0.0.1:65535',
  region: 'us-east-1',
  environmentFile: '.local/demo.env',
};
const rowsOf = (changes: Partial<ScreenState>, columns: number, rows: number) =>
  layOut({ ...state, ...changes }, { columns, rows }).map(stripVTControlCharacters);

describe('the screen', () => {
  test('shows the state of each part in a row of its own', () => {
    expect(rowsOf({}, 80, 24).slice(1, 6)).toEqual([
      '  authorization server  up',
      '  refresher             kept (fresh), 2 token requests',
      `  stored token          ${'█'.repeat(15)}${'░'.repeat(15)} 45 s left, version 2`,
      '  consumer with reader  10 calls, 0 failed',
      '  naive consumer        10 calls, 2 failed, failing for 3 s, 1 token request',
    ]);
  });

  test.for<[string, Partial<ScreenState>, string]>([
    ['no token is stored', { secondsLeft: undefined, parameterVersion: undefined }, '0 s left, version –'],
    ['the token has expired', { secondsLeft: -3 }, '0 s left'],
    ['the token lives longer than expected', { secondsLeft: 200 }, `${'█'.repeat(30)} 200 s left`],
  ])('shows a full row when %s', ([, changes, expected]) => {
    expect(rowsOf(changes, 80, 24)[3]).toContain(expected);
  });

  test('names no key if none can be pressed, but says how to quit', () => {
    const shown = rowsOf({ hasKeys: false }, 80, 24).join('\n');
    expect(shown).not.toContain('r revoke');
    expect(shown).toContain('Ctrl+C quits.');
  });

  test('lists each key in a line for an output that is not a terminal', () => {
    expect(describeKeys().map((line) => line[0])).toEqual(Object.keys(KEYS));
    expect(describeKeys()[0]).toBe(
      'r revoke all tokens   Reader: one retry. Naive: fails until its token ends.',
    );
  });

  const long = { time, text: `failed: ${'word '.repeat(60)}${'x'.repeat(300)} end` };
  test.for([
    [80, 24],
    [140, 40],
    [79, 23],
    [40, 12],
    [20, 5],
    [1, 1],
  ] as const)('never exceeds %d × %d', ([columns, rows]) => {
    for (const events of [[], [long], Array<typeof long>(50).fill(long)]) {
      const shown = rowsOf({ events }, columns, rows);
      expect(shown.length).toBe(rows);
      expect(Math.max(...shown.map((row) => row.length))).toBeLessThanOrEqual(columns);
    }
  });

  test('shows as many of the latest events as fit, the newest last', () => {
    const events = Array.from({ length: 50 }, (_, number) => ({ time, text: `event ${number}` }));
    const shown = rowsOf({ events }, 80, 24).filter((row) => row.includes('event '));
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.at(-1)).toContain('event 49');
  });

  test('shows a long failure in full, wrapped beside its time', () => {
    const text = `failed: ${'word '.repeat(60)}end`;
    const rows = rowsOf({ events: [{ time, text }] }, 80, 24);
    const first = rows.findIndex((row) => row.startsWith(`  ${time}  failed:`));
    const last = rows.findIndex((row) => row.endsWith(' end'));
    const joined = rows.slice(first, last + 1).map((row) => row.slice(12).trim());
    expect(joined.join(' ')).toBe(text);
    expect(rows.slice(first + 1, last + 1).every((row) => row.startsWith(' '.repeat(12)))).toBe(true);
  });

  test.for([
    [24, ['r revoke', 'consumer.mjs']],
    [18, ['r revoke']],
    [10, []],
  ] as const)(
    'keeps the status, and drops notes and keys that leave no room for events, with %d rows',
    ([rows, expected]) => {
      const shown = rowsOf({}, 80, rows).join('\n');
      const found = ['r revoke', 'consumer.mjs'].filter((text) => shown.includes(text));
      expect(found).toEqual(expected);
      expect(shown).toContain('naive consumer');
      expect(shown).toContain('schedule: minted');
    },
  );
});
