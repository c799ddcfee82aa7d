import { execFile, spawn } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Terminal } from '../../scripts/picture/terminal.ts';
import { demoEnvironment, openDemo, root, untilRunning } from '../support/demo.ts';

const ENVIRONMENT_FILE = join(root, '.local/demo.env');

/** The process, those that it has started, and those that they have started. */
async function withDescendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) found.push(...all.flatMap(([child = 0, of]) => (of === parent ? [child] : [])));
  return found;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until all processes have ended. Fails if they leave a file. */
async function untilNothingIsLeft(pids: readonly number[], temporary: string): Promise<void> {
  while (pids.some(isRunning)) await sleep(50);
  // npm's own cache stays.
  expect((await readdir(temporary)).filter((name) => name !== 'node-compile-cache')).toEqual([]);
  await expect(access(ENVIRONMENT_FILE)).rejects.toMatchObject({ code: 'ENOENT' });
}

describe('npm start leaves neither a process nor a file behind', () => {
  const ENDINGS: readonly [string, (terminal: Terminal, npm: number) => void][] = [
    ['the user presses Ctrl+C', (terminal) => terminal.press('\x03')],
    ['its terminal is closed', (terminal) => terminal.hangUp()],
    ['npm gets SIGTERM', (_, npm) => process.kill(npm, 'SIGTERM')],
    ['npm gets SIGHUP', (_, npm) => process.kill(npm, 'SIGHUP')],
    ['npm is killed', (_, npm) => process.kill(npm, 'SIGKILL')],
  ];
  test.for(ENDINGS)('when %s', async ([, end]) => {
    // The shell stays, as the shell of a terminal does.
    await using demo = await openDemo('npm start; read _');
    const { terminal, temporary } = demo;
    await untilRunning(terminal);
    await access(ENVIRONMENT_FILE);
    const [, ...pids] = await withDescendants(terminal.pid);
    // npm, the demo, and the function.
    expect(pids.length).toBeGreaterThan(2);
    end(terminal, pids[0] ?? 0);
    await untilNothingIsLeft(pids, temporary);
  });

  test('when npm gets SIGTERM before the system runs', async () => {
    await using demo = await openDemo('exec npm start');
    const { terminal, temporary } = demo;
    await terminal.untilRow(/^Starting the authorization server/);
    const pids = await withDescendants(terminal.pid);
    process.kill(terminal.pid, 'SIGTERM');
    await untilNothingIsLeft(pids, temporary);
  });

  test('when the reader of its output is gone, and writes plain lines until then', async () => {
    const env = await demoEnvironment();
    const npm = spawn('npm', ['start'], { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let printed = '';
    for await (const chunk of npm.stdout) {
      printed += String(chunk);
      if (printed.includes('schedule: minted')) break;
    }
    const pids = await withDescendants(npm.pid ?? 0);
    npm.stdout.destroy();
    await untilNothingIsLeft(pids, env.TMPDIR ?? '');
    expect(printed).not.toContain('\x1b');
    expect(printed).toMatch(/^API +http:/m);
    expect(printed).toMatch(/^\d\d:\d\d:\d\d {2}schedule: minted \(missing\), version 1$/m);
  });
});
