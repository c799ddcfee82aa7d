import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { askForCredentials, parseNewCredentials } from '../../../cli/set-credentials/ask-for-credentials.ts';
import { type CredentialFields, credentialFieldsOf } from '../../../lambda/shared/credential-fields.ts';
import { recordWritten } from '../../support/confidential.ts';
import { newClientSecret } from '../../support/refresher.ts';

const FIELDS = credentialFieldsOf();

/** A terminal on which somebody types these lines, and what it shows. */
const terminal = (fields: CredentialFields, ...keys: readonly string[]) => {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = new PassThrough();
  let shown = '';
  let prompts = 0;
  output.on('data', (chunk) => {
    shown += chunk;
    if (String(chunk).includes('not shown')) setImmediate(() => input.write(keys[prompts++] ?? ''));
  });
  const asked = askForCredentials(fields, input as never, output as never);
  return { asked, shown: () => shown };
};

describe('credentials on standard input', () => {
  test('keep the additional fields of the JSON', () => {
    const text = ' {"client_id": "a", "client_secret": "b", "host": "c"}\n';
    expect(parseNewCredentials(text, FIELDS)).toEqual({
      clientId: 'a',
      clientSecret: 'b',
      secretString: '{"client_id":"a","client_secret":"b","host":"c"}',
    });
  });

  test.for([
    '',
    'client_secret=§',
    '["§"]',
    '{"client_id": "a"}',
    '{"client_id": "a", "client_secret": " "}',
    '{"client_id": 1, "client_secret": "§"}',
    '{"client_id": "a", "client_secret": "§\\n"}',
    '{"client_id": " §", "client_secret": "b"}',
    '{"clientId": "a", "clientSecret": "§"}',
  ])('are refused without being repeated: %s', (text) => {
    // The § marks a secret.
    expect(() => parseNewCredentials(text, FIELDS)).toThrow(/^the credentials cannot be used: [^§]*$/);
  });
});

describe('credentials with the names of the setting credentialFields', () => {
  const names = credentialFieldsOf({ client_id: 'consumerKey', client_secret: 'consumerSecret' });

  test('keep these names', () => {
    const text = '\uFEFF{"consumerKey": "a", "consumerSecret": "b", "host": "c"}';
    expect(parseNewCredentials(text, names)).toEqual({
      clientId: 'a',
      clientSecret: 'b',
      secretString: '{"consumerKey":"a","consumerSecret":"b","host":"c"}',
    });
  });

  test('are refused under the default names', () => {
    expect(() => parseNewCredentials('{"client_id": "a", "client_secret": "b"}', names)).toThrow(
      /"consumerKey" is missing\. Expected {"consumerKey": "…", "consumerSecret": "…"}/,
    );
  });

  test('are written with these names after the prompts', async () => {
    const { asked } = terminal(names, 'the-client\r', 'its secret\r');
    expect((await asked).secretString).toBe('{"consumerKey":"the-client","consumerSecret":"its secret"}');
  });
});

describe('credentials at a terminal', () => {
  test('are read without being shown', async () => {
    const secret = newClientSecret();
    const { asked, shown } = terminal(FIELDS, 'the-client\r', `${secret}\r`);
    expect(await asked).toMatchObject({ clientId: 'the-client', clientSecret: secret });
    expect(shown()).toMatch(/Client ID.*Client secret/s);
    expect(shown()).not.toContain('the-client');
    recordWritten(shown());
  });

  test('lose the white space that was pasted with them', async () => {
    const { asked } = terminal(FIELDS, ' the-client \r', '\tsecret \r');
    expect(await asked).toMatchObject({ clientId: 'the-client', clientSecret: 'secret' });
  });

  test('change nothing if the user interrupts', async () => {
    const { asked } = terminal(FIELDS, 'the-client\r', '\u0003');
    await expect(asked).rejects.toThrow('nothing was changed');
  });
});
