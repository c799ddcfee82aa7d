import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { KEYS } from '../../../local/demo/keys.ts';
import type { Size } from '../../../scripts/picture/terminal.ts';
import { type Demo, demoEnvironment, openDemo, REFERENCE, root, untilRunning } from '../../support/demo.ts';

const CONSUMER = join(root, 'test/support/calling-consumer.ts');
const TITLE = 'Token Refresher, running on this machine';

/** One session. Each test goes on where the one before ended. */
describe('npm start on a terminal', () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await openDemo('npm start --silent; stty -a; echo done');
    await untilRunning(demo.terminal);
  });
  afterAll(() => demo[Symbol.asyncDispose]());

  /** The title is in the first row, the last note in the last, and no row is the rest of the one before. */
  const untilItFits = async () => {
    const { terminal } = demo;
    await terminal.until((rows) => rows[0] === TITLE && rows.at(-1)?.endsWith('consumer.mjs') === true);
    const buffer = terminal.screen.buffer.active;
    expect(buffer.type).toBe('alternate');
    const wrapped = terminal.rows().filter((_, row) => buffer.getLine(row)?.isWrapped === true);
    expect(wrapped).toEqual([]);
  };
  const resize = (size: Size) => demo.terminal.resize(size);

  test('fits into 80 × 24, and shows every key in full and where the API is', async () => {
    await untilItFits();
    const rows = demo.terminal.rows();
    expect(rows).toHaveLength(24);
    for (const [key, [action, shows]] of Object.entries(KEYS))
      expect(rows.find((row) => row.startsWith(`  ${key} ${action}`))).toContain(shows);
    expect(rows.join('\n')).toMatch(/API http:\/\/127\.0\.0\.1:\d+ +region us-east-1/);
  });

  test('lets a consumer of your own in another terminal call the API', async () => {
    expect(await demo.terminal.untilRow(/--env-file/)).toMatch(
      /node --env-file=\.local\/demo\.env consumer\.mjs$/,
    );
    expect(await ownConsumer().call()).toBe('200');
  });

  test('shows in two lines that revoked tokens cost the reader a retry and the naive consumer its calls', async () => {
    const { terminal } = demo;
    const consumer = ownConsumer();
    expect(await consumer.call()).toBe('200');
    terminal.press('r');
    await terminal.untilRow(/you: all tokens revoked/);
    // The report of your own consumer reaches the refresher too.
    expect(await consumer.call()).toBe('200');
    await terminal.untilRow(/rejected token reported: minted \(rejected\)/);
    expect(await terminal.untilRow(/ {2}consumer with reader +\d+ calls.*retried/)).toContain(
      ' 0 failed, 1 retried after a 401',
    );
    expect(await terminal.untilRow(/ {2}naive consumer +\d+ calls.*failing/)).toMatch(
      / [1-9]\d* failed, failing for/,
    );
  });

  test('shows a failure in full, wrapped at the last column', async () => {
    const { terminal } = demo;
    terminal.press('d');
    await terminal.untilRow(/you: authorization server down/);
    terminal.press('f');
    await terminal.untilRow(/server's certificate\.$/);
    const text = terminal.rows().join(' ').replaceAll(/\s+/g, ' ');
    expect(text).toMatch(
      /you: refresher: failed: ENDPOINT_UNAVAILABLE: http\S+ gave no answer: ECONNREFUSED\..* certificate\./,
    );
    await untilItFits();
  });

  test.for<Size>([{ columns: 140, rows: 40 }, { columns: 100, rows: 30 }, REFERENCE])(
    'fits into $columns × $rows after a change of the size',
    async (size) => {
      resize(size);
      await untilItFits();
      expect(demo.terminal.rows()).toHaveLength(size.rows);
    },
  );

  test('keeps the status on top of a tiny terminal', async () => {
    resize({ columns: 40, rows: 8 });
    await demo.terminal.until(
      (rows) => rows[0] === TITLE && rows[5]?.startsWith('  naive consumer') === true,
    );
  });

  test('restores the terminal, and leaves nothing but a summary of three lines', async () => {
    const { terminal } = demo;
    resize(REFERENCE);
    await untilItFits();
    terminal.press('q');
    await terminal.untilRow(/^done$/);
    const left = terminal.scrollback().filter(Boolean);
    const settings = left.findIndex((row) => row.startsWith('speed'));
    expect(left.slice(0, settings)).toEqual([
      expect.stringMatching(/^Token Refresher ran for \d+ s and sent \d+ token requests\.$/),
      expect.stringMatching(/^consumer with reader +\d+ calls, 0 failed, 1 retried after a 401$/),
      expect.stringMatching(/^naive consumer +\d+ calls, [1-9]\d* failed/),
    ]);
    expect(left.slice(settings).join(' ')).toMatch(/ icanon .* echo /);
    // The cursor is shown, and hidden nowhere after that.
    expect(terminal.output().lastIndexOf('\x1b[?25h')).toBeGreaterThan(
      terminal.output().lastIndexOf('\x1b[?25l'),
    );
    expect((await readdir(demo.temporary)).filter((name) => name.startsWith('token-refresher'))).toEqual([]);
  });

  /** A process with the environment that the screen names. `call` answers with the status of the API. */
  const ownConsumer = () => {
    const child = spawn(process.execPath, ['--env-file=.local/demo.env', CONSUMER], { cwd: root, env: {} });
    onTestFinished(() => void child.kill());
    return {
      async call() {
        child.stdin.write('call\n');
        return String((await once(child.stdout, 'data'))[0]).trim();
      },
    };
  };
});

test('npm start --once, without the second --, says what to type', async () => {
  const attempt = promisify(execFile)('npm', ['start', '--once'], {
    cwd: root,
    env: await demoEnvironment(),
  });
  await expect(attempt).rejects.toMatchObject({
    stdout: expect.stringContaining('Type: npm start -- --once'),
  });
});
