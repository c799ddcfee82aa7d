import { assert, asyncProperty } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkLinks } from '../../cli/doctor/check-links.ts';
import type { Finding, Link } from '../../cli/doctor/finding.ts';
import { renderFindings } from '../../cli/doctor/render-findings.ts';
import { createShellCommands } from '../../cli/shell-commands.ts';
import { readStatus } from '../../cli/status/read-status.ts';
import { renderStatus } from '../../cli/status/render-status.ts';
import { styleFor } from '../../cli/terminal/style.ts';
import { systemClock } from '../../lambda/shared/clock.ts';
import {
  anySituation,
  clientsIn,
  fetchIn,
  GOOD,
  NOW,
  refresher,
  type Situation,
  singleFaults,
} from './situation.ts';

const clock = { ...systemClock, now: () => NOW * 1_000 };
const commands = createShellCommands({});
const plain = styleFor({});

async function look(situation: Situation) {
  const clients = clientsIn(situation);
  const findings = await checkLinks(refresher, { clients, commands, clock, fetch: fetchIn(situation) });
  const status = await readStatus(refresher, clients, clock);
  const of = (link: Link) => findings.find((finding) => finding.link === link) as Finding;
  const text = `${renderFindings(refresher, findings, plain)}\n${renderStatus(status, plain, 'doctor')}`;
  return { findings, status, of, text };
}
type Look = Awaited<ReturnType<typeof look>>;

/** What no line with a green tick says. */
const BAD_NEWS =
  /in alarm|deleted|gone|failed|expired|overdue|previous|other credentials|cannot|may not|denied|off\b|changed|lacks|disabled|rejected|Deleting|does not exist/i;

const RULES: Readonly<Record<string, (seen: Look, situation: Situation) => void>> = {
  'a green tick stands beside good news only': ({ findings }) => {
    for (const { state, says } of findings) if (state === 'ok') expect(says).not.toMatch(BAD_NEWS);
  },
  'every fault has a command, or refers to another link': ({ findings }) => {
    for (const { state, says, remedy } of findings) {
      if (state !== 'wrong') expect(remedy).toEqual([]);
      else if (!/: see last run$|^\d ok; in alarm: .* another link/.test(says))
        expect(remedy).not.toEqual([]);
    }
  },
  'the next check replaces the token only if it can': ({ text }, situation) => {
    if (!text.includes('The next check replaces it')) return;
    const { schedule, scheduleRole, function: fn, functionRole, secret, lastRun, endpoint } = situation;
    expect({ schedule, fn }).toEqual({ schedule: 'on', fn: 'active' });
    expect(['ok', 'denied']).toContain(scheduleRole);
    expect(['ok', 'denied']).toContain(functionRole);
    expect(['Enabled', 'Updating', 'denied']).toContain(situation.key);
    expect(['ok', 'rotated', 'value-denied']).toContain(secret);
    expect(['kept', 'same-token', 'minted', 'denied']).toContain(lastRun);
    expect([401, 429]).toContain(endpoint);
  },
  'a token that nobody can decrypt is not ok': ({ of, status }) => {
    if (of('key').state !== 'wrong') return;
    expect(of('parameter').state).not.toBe('ok');
    if (of('key').says.includes('cannot be read')) expect(status.state).toBe('missing');
  },
  'what status worries about, doctor finds': ({ findings, status }) => {
    const isFound = findings.some(({ state }) => state !== 'ok');
    if (status.state !== 'healthy') expect(isFound).toBe(true);
    if (status.state !== 'unknown') expect(status.because.length > 0).toBe(status.state !== 'healthy');
  },
  'a healthy token is neither expired, nor overdue, nor in alarm, nor without checks': ({ status }) => {
    if (status.state !== 'healthy') return;
    const text = renderStatus(status, plain, 'doctor');
    expect(text).not.toMatch(
      /in alarm|expired|overdue|failed|rejected|schedule {3}(off|deleted)|diagnose|because/,
    );
  },
  'a denied secret may not exist': ({ of }, { secret }) => {
    if (secret === 'denied')
      expect(of('secret').says).toContain('no secret has this name, or a policy does not allow');
    if (secret === 'value-denied') expect(of('secret').says).not.toContain('no secret has this name');
  },
};

describe('doctor and status do not contradict themselves or each other', () => {
  test('a refresher without a fault is healthy', async () => {
    const { findings, status } = await look(GOOD);
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(status).toMatchObject({ state: 'healthy', unknown: [] });
  });

  test.for(singleFaults)('in the situation %j', async (situation) => {
    const seen = await look(situation);
    for (const rule of Object.values(RULES)) rule(seen, situation);
  });

  test('in any combination of faults', async () => {
    await assert(
      asyncProperty(anySituation, async (situation) => {
        const seen = await look(situation);
        for (const rule of Object.values(RULES)) rule(seen, situation);
      }),
      { numRuns: 300 },
    );
  });
});

test.for<[Partial<Situation>, Link, RegExp]>([
  [{ secret: 'rotated' }, 'parameter', /\. The next check replaces it$/],
  [{ secret: 'rotated', schedule: 'off' }, 'parameter', /may be unable to replace it: see schedule$/],
  [{ secret: 'rotated', schedule: 'denied' }, 'parameter', /may be unable to replace it: see schedule$/],
  [
    { secret: 'invalid', lastRun: 'failed' },
    'parameter',
    /may be unable to replace it: see secret, last run$/,
  ],
  [{ previous: true }, 'parameter', /with the previous credentials: see last run$/],
  [{ previous: true }, 'last run', /kept \(fresh\); the current credentials were rejected$/],
  [{ previous: true, lastRun: 'denied' }, 'parameter', /other credentials .*\. The next check replaces it$/],
  [
    { previous: true, secret: 'rotated' },
    'parameter',
    /other credentials .* may be unable to replace it: see last run$/,
  ],
  [{ alarm: 'ALARM' }, 'alarms', /^3 ok; in alarm: /],
  [{ functionRole: 'newer' }, 'function role', /deleted and made again/],
  [{ parameter: 'overdue' }, 'parameter', /overdue/],
  [{ schedule: 'ended' }, 'schedule', /: it has ended$/],
  [{ schedule: 'not-started' }, 'schedule', /: it has not started yet$/],
  [{ endpoint: 302 }, 'endpoint', /HTTP 302: it is not a token endpoint/],
  [{ endpoint: 404 }, 'endpoint', /HTTP 404: it is not a token endpoint/],
  [{ endpoint: 405 }, 'endpoint', /HTTP 405: it is not a token endpoint/],
  [{ lastRun: 'late' }, 'last run', /\. It should run every 5 min$/],
  [{ lastRun: 'none' }, 'last run', /has not run in the last day$/],
])('%j: doctor says so at %s', async ([situation, link, says]) => {
  const finding = (await look({ ...GOOD, ...situation })).of(link);
  expect(finding).toMatchObject({ state: 'wrong', says: expect.stringMatching(says) });
});

test('a token that the endpoint grants again is not overdue, and both commands say when the refresher asks again', async () => {
  const { findings, status, of, text } = await look({
    ...GOOD,
    parameter: 'overdue',
    lastRun: 'same-token',
  });
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(status.state).toBe('healthy');
  const says = 'the endpoint grants the same token until it expires; the refresher asks again at 2027-01-15';
  expect(of('parameter').says).toContain(says);
  expect(text.split(says)).toHaveLength(3);
});

test('a function that exists again with its deleted role gets another role and its own again', async () => {
  const renewal = async (situation: Partial<Situation>) => {
    const { remedy } = (await look({ ...GOOD, ...situation })).of('function role');
    return remedy.map((command) => /^aws (\S+ \S+)/.exec(command)?.[1]);
  };
  const grant = ['update-function-configuration', 'wait', 'update-function-configuration', 'wait'].map(
    (operation) => `lambda ${operation}`,
  );
  expect(await renewal({ functionRole: 'newer' })).toEqual(grant);
  expect(await renewal({ functionRole: 'gone' })).toEqual([
    'iam create-role',
    'iam put-role-policy',
    ...grant,
  ]);
  // A new function gets the grant when it is created.
  expect(await renewal({ functionRole: 'gone', function: 'gone' })).toEqual([
    'iam create-role',
    'iam put-role-policy',
  ]);
});

test.for<[Situation['key'], readonly string[]]>([
  ['Enabled', []],
  ['Updating', []],
  ['Creating', []],
  ['Disabled', ['enable-key']],
  ['PendingDeletion', ['cancel-key-deletion', 'enable-key']],
  ['PendingReplicaDeletion', ['cancel-key-deletion', 'enable-key']],
  ['PendingImport', ['get-parameters-for-import']],
  ['Unavailable', ['connect-custom-key-store']],
])('for a key in state %s, doctor prints the commands that KMS accepts: %j', async ([key, operations]) => {
  const { remedy } = (await look({ ...GOOD, key })).of('key');
  expect(remedy.map((command) => /^aws kms (\S+)/.exec(command)?.[1])).toEqual(operations);
});
