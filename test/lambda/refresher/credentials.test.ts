import { randomBytes } from 'node:crypto';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCredentials, readCredentials } from '../../../lambda/refresher/credentials.ts';
import { type CredentialFieldNames, credentialFieldsOf } from '../../../lambda/shared/credential-fields.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { type AwsEndpoint, type Fault, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { confidential, recordWritten } from '../../support/confidential.ts';

let cloud: AwsEndpoint;
let clients: AwsClients;
/** What Secrets Manager answers instead of the stored value, and instead of what it knows about the secret. */
let answer: Fault | undefined;
let description: Fault | undefined;

beforeAll(async () => {
  cloud = await startAwsEndpoint();
  cloud.intercept(({ operation }) => (operation === 'GetSecretValue' ? answer : undefined));
  cloud.intercept(({ operation }) => (operation === 'DescribeSecret' ? description : undefined));
  clients = awsClients(cloud.url);
});
afterAll(() => cloud.close());

const text = (SecretString: string): Fault => ({ body: JSON.stringify({ SecretString }) });
const binary = (bytes: Buffer): Fault => ({
  body: JSON.stringify({ SecretBinary: bytes.toString('base64') }),
});
const source = (names?: CredentialFieldNames) => ({
  credentialsSecretId: 'my/secret',
  credentialFields: credentialFieldsOf(names),
});
const read = (fault: Fault, names?: CredentialFieldNames) => {
  answer = fault;
  return readCredentials(clients.secretsManager, source(names), 'version');
};
const failureOf = async (promise: Promise<unknown>): Promise<RefreshError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RefreshError)) throw new Error('no RefreshError was thrown');
  recordWritten(error.message);
  return error;
};

const SALESFORCE = { client_id: 'consumerKey', client_secret: 'consumerSecret' };

describe('a secret is accepted', () => {
  const good = '{"client_id":"the id","client_secret":"s€cret"}';
  test.for<[string, string, CredentialFieldNames?]>([
    ['as JSON', good],
    ['with a byte order mark', `\uFEFF${good}`],
    ['with white space and line breaks around the JSON', `\n ${good}\r\n`],
    ['with further fields', '{"host":["h"],"client_id":"the id","client_secret":"s€cret"}'],
    ["with Salesforce's names", '{"consumerKey":"the id","consumerSecret":"s€cret"}', SALESFORCE],
    ['with another name for one field', '{"client_id":"the id","pass":"s€cret"}', { client_secret: 'pass' }],
    [
      'with each name for the other field',
      '{"client_secret":"the id","client_id":"s€cret"}',
      { client_id: 'client_secret', client_secret: 'client_id' },
    ],
  ])('%s', async ([, value, names]) => {
    expect(await read(text(value), names)).toEqual({ clientId: 'the id', clientSecret: 's€cret' });
  });
});

// The § marks what no message may show.
describe('a secret is refused with what was found, but not its content:', () => {
  const of = (client_id: unknown, client_secret: unknown = '§') =>
    JSON.stringify({ client_id, client_secret });
  test.for<[string, string, RegExp]>([
    ['no client_id', '{"client_secret":"§"}', /"client_id" is missing\. It must be/],
    ['no client_secret', '{"client_id":"§"}', /"client_secret" is missing\. It must be/],
    ['an empty object', '{}', /"client_id" is missing/],
    ['an empty value', of(''), /"client_id" is an empty string/],
    ['only white space', of(' \t'), /"client_id" is only white space/],
    ['null', of(null), /"client_id" is null instead of a string/],
    ['a number', of(1234), /"client_id" is a number instead of a string/],
    ['true', of(true), /"client_id" is a boolean instead/],
    ['a nested object', of({ value: '§' }), /"client_id" is an object instead/],
    ['a list', of('id', ['§']), /"client_secret" is an array/],
    [
      'a line break at the end',
      of('id', '§\n'),
      /"client_secret" ends with a line break, which must be removed/,
    ],
    ['a Windows line break at the end', of('id', '§\r\n'), /"client_secret" ends with a line break/],
    ['a line break at the start', of('\n§'), /"client_id" begins with a line break/],
    ['a space at the start', of(' §'), /"client_id" begins with white space/],
    ['a tab at the end', of('§\t'), /"client_id" ends with white space/],
    ['a no-break space at the end', of('§\u00a0'), /"client_id" ends with white space/],
    ['a byte order mark in a value', of('\uFEFF§'), /"client_id" begins with white space/],
    ['white space on both sides', of('id', ' § '), /"client_secret" begins and ends with white space/],
    ['an id and a secret with a colon', 'id:§', /it is text with a colon, such as id:secret, instead/],
    ['a secret of several characters after a colon', 'id:§§', /it is text with a colon, such as/],
    ['a colon, and a brace in the secret', 'id:§{', /it is text with a colon, such as/],
    ['words before a colon', 'I use id:§', /it is plain text/],
    ['words after a colon', 'id:§ is right', /it is plain text/],
    ['the name of a file between white space', ' §.json\n', /it is the name of a file/],
    ['words before the name of a file', 'see §.json', /it is plain text/],
    ['words after the name of a file', '§.json holds it', /it is plain text/],
    [
      'a line break inside, and a space at the end',
      of('id', '§\n§ '),
      /"client_secret" ends with white space/,
    ],
    ['one word', '§', /it is plain text instead of a JSON object\. It must be/],
    ['several words', 'the secret is §', /it is plain text/],
    ['a JSON array', '["id","§"]', /it is a JSON array/],
    ['a JSON string', '"§"', /it is a JSON string instead/],
    ['JSON that was encoded twice', JSON.stringify(of('§')), /it is a JSON string that holds a JSON object/],
    ['a JSON number', '12345', /it is a JSON number/],
    ['JSON null', 'null', /it is null/],
    ['lines of a .env file', 'CLIENT_ID=§\nCLIENT_SECRET=§', /it is text with names and values/],
    ['exported variables', 'export CLIENT_ID=§', /it is text with names and values/],
    ['YAML', 'client_id: §\nclient_secret: §', /it is text with names and values/],
    ['form data', 'client_id=§&client_secret=§', /it is form data/],
    ['JSON without quotes', '{client_id:§,client_secret:§}', /it is invalid JSON instead/],
    ['JSON that was cut off', '{"client_id":"§', /it is invalid JSON instead/],
    ['the name of a file', 'my-§.json', /it is the name of a file, so the command .* lacked file:\/\//],
    ['a private key', '-----BEGIN PRIVATE KEY-----\n§', /it is a PEM block/],
    ['an HTML page', '<html>§</html>', /it is HTML/],
    ['XML', '<credentials>§</credentials>', /it is XML instead/],
  ])('%s', async ([, value, message]) => {
    const failure = await failureOf(read(text(value)));
    expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });
    expect(failure.message).not.toMatch(/§|1234/);
  });

  test.for<[string, Buffer, RegExp]>([
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), /it is binary\. It must be/],
    ['JSON as bytes', Buffer.from(of('§')), /binary and holds a JSON object, which must be stored as text/],
    ['text as bytes', Buffer.from('§'), /binary and holds plain text/],
  ])('%s', async ([, bytes, message]) => {
    const failure = await failureOf(read(binary(bytes)));
    expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });
    expect(failure.message).not.toContain('§');
  });

  test.for<[string, object, string | undefined]>([
    ['camel case', { clientId: '§', clientSecret: '§' }, 'clientId and clientSecret'],
    ['capitals', { CLIENT_ID: '§', CLIENT_SECRET: '§' }, 'CLIENT_ID and CLIENT_SECRET'],
    [
      "Salesforce's names",
      { appId: '§', consumerId: '§', consumerKey: '§', consumerSecret: '§' },
      'consumerKey and consumerSecret',
    ],
    ['a user name and a password', { username: '§', password: '§' }, 'username and password'],
    ['one other name', { client_id: '§', 'client-secret': '§' }, 'client-secret'],
    ['names that are not well known', { '§id': '§', '§secret': '§' }, undefined],
    ['well-known names without text', { clientId: '', clientSecret: {} }, undefined],
    ['well-known names beside a wrong value', { client_id: 7, clientId: '§' }, undefined],
  ])('%s as the names of the fields', async ([, value, names]) => {
    const { message } = await failureOf(read(text(JSON.stringify(value))));
    expect(message).not.toContain('§');
    if (names === undefined) expect(message).not.toMatch(/credentialFields|clientId/);
    else expect(message).toContain(`is missing, but it has ${names}. Set credentialFields`);
  });

  test('the default names instead of those of the setting', async () => {
    const { message } = await failureOf(read(text('{"client_id":"§","client_secret":"§"}'), SALESFORCE));
    expect(message).toContain('"consumerKey" is missing, but it has client_id and client_secret.');
    expect(message).toContain('or store {"consumerKey": "…", "consumerSecret": "…"} with');
  });
});

const PUT =
  "aws secretsmanager put-secret-value --secret-id 'my/secret' --secret-string file://credentials.json";

test.for<[string, Fault]>([
  ['an empty text', text('')],
  ['white space', text(' \n')],
  ['a byte order mark', text('\uFEFF')],
  ['no value', { body: '{}' }],
])('a secret with %s is not set, and the message says how to set it', async ([, fault]) => {
  expect(await failureOf(read(fault, SALESFORCE))).toMatchObject({
    code: 'CREDENTIALS_NOT_SET',
    message: `CREDENTIALS_NOT_SET: secret my/secret is empty. Write {"consumerKey": "…", "consumerSecret": "…"} to credentials.json and run: ${PUT}`,
  });
});

test('a secret without a version is not set, and the message has the names of its fields', async () => {
  await clients.secretsManager.send(new CreateSecretCommand({ Name: 'my/secret' }));
  expect(
    await failureOf(describeCredentials(clients.secretsManager, source({ client_secret: 'pass' }))),
  ).toMatchObject({
    code: 'CREDENTIALS_NOT_SET',
    message: expect.stringContaining('Write {"client_id": "…", "pass": "…"} to'),
  });
});

test('a secret that is scheduled for deletion is not found, although Secrets Manager describes it', async () => {
  const stages = { VersionIdsToStages: { version: ['AWSCURRENT'] } };
  description = { body: JSON.stringify({ DeletedDate: 1_800_000_000, ...stages }) };
  const reading = describeCredentials(clients.secretsManager, source());
  expect(await failureOf(reading)).toMatchObject({
    code: 'CREDENTIALS_NOT_FOUND',
    message: expect.stringContaining("aws secretsmanager restore-secret --secret-id 'my/secret'"),
  });
  description = undefined;
});

test.for<[string, Fault, string, RegExp]>([
  [
    'a denied read',
    { status: 400, type: 'AccessDeniedException', message: 'User u may not s' },
    'CREDENTIALS_UNAVAILABLE',
    /Either no secret has this name, or a policy does not allow reading it .*, or the policy, and deploy again\.$/,
  ],
  [
    'a throttled read',
    { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' },
    'CREDENTIALS_UNAVAILABLE',
    /The next check tries again/,
  ],
  [
    'a missing secret',
    { status: 400, type: 'ResourceNotFoundException', message: 'not found' },
    'CREDENTIALS_NOT_FOUND',
    /does not exist in this account and region/,
  ],
  [
    'a deleted secret',
    { status: 400, type: 'InvalidRequestException', message: 'deleted' },
    'CREDENTIALS_NOT_FOUND',
    /scheduled for deletion/,
  ],
])('%s: the message says what the reason may be', async ([, fault, code, message]) => {
  expect(await failureOf(read(fault))).toMatchObject({ code, message: expect.stringMatching(message) });
});

describe('for any value of the secret,', () => {
  const secret = confidential(randomBytes(24).toString('hex'));
  const part = fc.constantFrom(secret, secret.slice(3, 40), secret.slice(20));
  const spaced = fc
    .tuple(fc.constantFrom('', ' ', '\n', '\uFEFF'), part, fc.constantFrom('', '\r\n', '\t'))
    .map((parts) => parts.join(''));
  const scalar = fc.oneof({ weight: 4, arbitrary: spaced }, fc.constantFrom('', null, 0, true, 1e300));
  const value = fc.oneof(
    { weight: 4, arbitrary: scalar },
    fc.array(scalar, { maxLength: 2 }),
    fc.dictionary(part, scalar, { maxKeys: 2 }),
  );
  const name = fc.oneof(
    fc.constantFrom('client_id', 'client_secret', 'clientId', 'client-secret', 'consumerKey', 'password'),
    fc.constantFrom('__proto__', 'toString', 'constructor'),
    part,
  );
  const json = fc.dictionary(name, value, { maxKeys: 5 }).map((found) => JSON.stringify(found));
  const mostlyClean = fc.oneof({ weight: 4, arbitrary: part }, spaced);
  const nearlyValid = fc
    .record({ client_id: mostlyClean, client_secret: mostlyClean, consumerKey: part, consumerSecret: scalar })
    .map((found) => JSON.stringify(found));
  const between = fc.constantFrom('', ':', '=', '&', '\n', ': ', '{', '"', '<', '.json', '-----BEGIN ', 'id');
  const loose = fc.array(fc.oneof(part, between), { maxLength: 6 }).map((parts) => parts.join(''));
  const written = fc.oneof(
    { weight: 3, arbitrary: json },
    { weight: 3, arbitrary: nearlyValid },
    fc.constantFrom('', '\n'),
    json.map((found) => JSON.stringify(found)),
    json.map((found) => found.slice(0, -1)),
    json.map((found) => `[${found}]`),
    loose,
    fc.string({ unit: 'binary' }),
  );
  const names = fc.constantFrom<(CredentialFieldNames | undefined)[]>(undefined, SALESFORCE, {
    client_secret: 'toString',
  });
  const pieces = Array.from({ length: secret.length - 7 }, (_, start) => secret.slice(start, start + 8));

  test('reading it gives credentials without white space around them, or a code and no part of the value', async () => {
    const outcomes = new Set<string>();
    const property = fc.asyncProperty(written, names, fc.boolean(), async (found, fields, asBytes) => {
      const reading = read(asBytes ? binary(Buffer.from(found)) : text(found), fields);
      const result = await reading.catch((error: unknown) => error);
      if (!(result instanceof RefreshError)) {
        const { clientId, clientSecret } = result as Awaited<typeof reading>;
        for (const one of [clientId, clientSecret]) expect([one.trim(), one === '']).toEqual([one, false]);
        outcomes.add('read');
        return;
      }
      recordWritten(result.message);
      outcomes.add(result.code);
      expect(['CREDENTIALS_INVALID', 'CREDENTIALS_NOT_SET']).toContain(result.code);
      expect(pieces.filter((piece) => result.message.includes(piece))).toEqual([]);
      expect(result.message.length).toBeLessThan(600);
    });
    await fc.assert(property, { numRuns: 500 });
    expect([...outcomes].sort()).toEqual(['CREDENTIALS_INVALID', 'CREDENTIALS_NOT_SET', 'read']);
  });
});
