import { expect, test } from 'vitest';
import { lastRunIn } from '../../../cli/deployed/read-last-run.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { checkLastRun } from '../../../cli/doctor/check-last-run.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import type { Configuration } from '../../../lambda/refresher/configuration.ts';

const AT = 1_800_000_000_000;
const REFRESHER = { name: 'spotnana', logGroup: { id: 'log', properties: {} } } as unknown as Refresher;
const POLICY = { checkEvery: 300 } as Configuration;

/** The logged error, and the commands that doctor prints. */
test.for<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
  ['a rejected client', { code: 'CLIENT_REJECTED', status: 401 }, ['set-credentials']],
  [
    '403 without an OAuth error',
    { code: 'REQUEST_REJECTED', status: 403 },
    ['set-credentials', 'deploy', 'refresh'],
  ],
  [
    '403 with an OAuth error',
    { code: 'REQUEST_REJECTED', status: 403, oauthError: 'invalid_scope' },
    ['deploy', 'refresh'],
  ],
  ['404', { code: 'REQUEST_REJECTED', status: 404 }, ['deploy', 'refresh']],
  ['a token that is too large', { code: 'TOKEN_TOO_LARGE' }, ['deploy', 'refresh']],
  ['an endpoint that is down', { code: 'ENDPOINT_UNAVAILABLE', status: 503 }, ['refresh']],
])('after %s, doctor prints the commands that may help', async ([, fields, commands]) => {
  const text = JSON.stringify({ level: 'ERROR', message: `${fields.code}: x`, ...fields });
  const { state, remedy } = await checkLastRun(REFRESHER, POLICY, {
    reading: Promise.resolve(lastRunIn([{ at: AT, text }])),
    commands: createShellCommands({}),
    now: AT,
  });
  expect(state).toBe('wrong');
  expect(remedy.map((line) => /set-credentials|deploy|refresh(?= )/.exec(line)?.[0])).toEqual(commands);
});
