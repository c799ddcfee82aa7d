import { describe, expect, test } from 'vitest';
import { CliError } from '../../../cli/cli-error.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { refresh } from '../../../cli/refresh/refresh-command.ts';
import { token } from '../../../cli/token/token-command.ts';
import { awsError } from '../../support/answering-clients.ts';
import { fleetAnswers, NOW, runInFleet } from '../fleet.ts';

const minted = { outcome: 'minted', reason: 'forced', expires_at: NOW + 3_600, parameter_version: 4 };
const answers = {
  ...fleetAnswers({ names: ['hotel', 'supplier00', 'supplier01', 'supplier02'] }),
  InvokeCommand: ({ FunctionName }: { FunctionName: string }) =>
    FunctionName.startsWith('supplier01')
      ? awsError('ResourceNotFoundException')
      : { Payload: new TextEncoder().encode(JSON.stringify(minted)) },
};
const NEXT =
  'The next check runs within 5 min. The next token is minted in about 30 min, at 2027-01-15 08:30:00 UTC.';

describe('refresh', () => {
  test('of one refresher says when the next token is minted', async () => {
    const { exitCode, text, value } = await runInFleet(answers, (context) => refresh(context, 'supplier02'));
    expect(text.split('\n')).toEqual([
      'minted (forced), parameter version 4, valid for 1 h, until 2027-01-15 09:00:00 UTC',
      NEXT,
    ]);
    expect(value).toEqual(minted);
    expect(exitCode).toBe(EXIT.ok);
  });

  test('of a pattern mints for all refreshers that match, even if one of them fails', async () => {
    const { exitCode, text, value, counts } = await runInFleet(answers, (context) =>
      refresh(context, 'supplier0*'),
    );
    expect(text.split('\n').filter((line) => !line.startsWith('  '))).toEqual([
      'supplier00',
      'supplier01',
      'supplier02',
    ]);
    expect(value).toEqual([
      { name: 'supplier00', ...minted },
      {
        name: 'supplier01',
        ...{ outcome: 'failed', code: 'NOT_RUN', message: expect.stringContaining('has been deleted') },
      },
      { name: 'supplier02', ...minted },
    ]);
    expect(counts.Invoke).toBe(3);
    expect(exitCode).toBe(EXIT.attention);
  });

  test.for([
    [undefined, 'there is more than one refresher. Name one of: hotel, supplier00, supplier01, supplier02'],
    ['nobody*', 'no refresher nobody* in region us-east-1. Found: hotel, supplier00, supplier01, supplier02'],
  ])('of %s mints nothing and lists the names', async ([name, message]) => {
    await expect(runInFleet(answers, (context) => refresh(context, name))).rejects.toThrow(
      new CliError(message),
    );
  });
});

test('token needs a pattern that matches only one refresher', async () => {
  const run = (name: string) => runInFleet(answers, (context) => token(context, name, {}));
  await expect(run('supplier*')).rejects.toThrow(
    new CliError(
      'more than one refresher matches supplier*. Name one of: supplier00, supplier01, supplier02',
    ),
  );
  expect((await run('ho*')).text).toContain('version 3 of /hotel/token');
});
