import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { array, assert, asyncProperty, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Refresher } from '../../cli/deployed/refreshers-of-stack.ts';
import { createShellCommands, quote } from '../../cli/shell-commands.ts';

const refresher = { name: '/spotnana/token', stack: 'Own' } as Refresher;

describe('a printed command', () => {
  test('uses the profile and region of the command line', () => {
    const commands = createShellCommands({ profile: 'on call', region: 'eu-west-1' });
    expect(commands.aws('kms', 'enable-key')).toBe(
      "aws kms enable-key --profile 'on call' --region eu-west-1",
    );
    expect(commands.self('refresh', refresher)).toMatch(
      / refresh \/spotnana\/token --profile 'on call' --region eu-west-1$/,
    );
    expect(commands.deploy(refresher)).toBe("AWS_REGION=eu-west-1 npx cdk deploy Own --profile 'on call'");
  });

  test('names no profile or region if the command line names none', () => {
    expect(createShellCommands({}).aws('kms', 'enable-key')).toBe('aws kms enable-key');
  });

  test('deploys the stack if part of the value to restore is unknown', () => {
    const restore = (value: unknown) =>
      createShellCommands({}).restore(refresher, value, (json) => `put ${json}`);
    expect(restore({ a: ['b'] })).toBe('put {"a":["b"]}');
    expect(restore({ a: ['b', { c: undefined }] })).toBe('npx cdk deploy Own --revert-drift');
  });

  test('passes every argument unchanged through a shell', async () => {
    const words = array(
      string({ unit: 'grapheme', minLength: 1 }).filter((word) => !word.includes('\0')),
      { minLength: 1 },
    );
    await assert(
      asyncProperty(words, async (given) => {
        const script = `printf '%s\\0' ${given.map(quote).join(' ')}`;
        const { stdout } = await promisify(execFile)('sh', ['-c', script]);
        expect(stdout.split('\0').slice(0, -1)).toEqual(given);
      }),
      { numRuns: 30 },
    );
  });
});
