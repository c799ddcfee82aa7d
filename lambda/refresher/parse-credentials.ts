import type { CredentialFields } from '../shared/credential-fields.ts';
import { parseJsonObject } from '../shared/json.ts';
import { shapeOfText, typeOf } from './shape.ts';

/** OAuth 2.0 client credentials (RFC 6749 section 2.3.1). */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Why a text holds no usable credentials. Nothing here quotes a value. */
export interface CredentialsProblem {
  /** What was found, for a message. */
  readonly problem: string;
  /** Fields that may hold the missing credentials under well-known other names. */
  readonly otherNames: readonly string[];
}

/** Other names of the credentials, the likeliest first, in lower case and without separators. Only these may appear in a message. */
const OTHER_NAMES = {
  client_id: ['clientid', 'consumerkey', 'apikey', 'username', 'user', 'applicationid', 'appid', 'key', 'id'],
  client_secret: ['clientsecret', 'consumersecret', 'apisecret', 'appsecret', 'password', 'secret'],
} as const;

/** Reads the credentials from the secret's value, or from the CLI's input. */
export function parseCredentials(
  text: string,
  fields: CredentialFields,
): ClientCredentials | CredentialsProblem {
  // Also removes a byte order mark.
  const parsed = parseJsonObject(text.trim());
  if (parsed === undefined)
    return { problem: `it is ${shapeOfSecret(text.trim())} instead of a JSON object`, otherNames: [] };
  for (const credential of ['client_id', 'client_secret'] as const) {
    const name = fields[credential];
    const problem = valueProblem(parsed[name]);
    if (problem === undefined) continue;
    return {
      problem: `${JSON.stringify(name)} ${problem}`,
      otherNames: name in parsed ? [] : otherNamesIn(parsed, fields),
    };
  }
  return {
    clientId: parsed[fields.client_id] as string,
    clientSecret: parsed[fields.client_secret] as string,
  };
}

function shapeOfSecret(text: string): string {
  if (/^\S+\.json$/i.test(text)) return 'the name of a file, so the command that stored it lacked file://,';
  const hasOneColon = /^[^\s:]+:[^\s:]+$/.test(text) && !/^[[{"<]/.test(text);
  return hasOneColon ? 'text with a colon, such as id:secret,' : shapeOfText(text);
}

function valueProblem(value: unknown): string | undefined {
  if (value === undefined) return 'is missing';
  if (typeof value !== 'string') return `is ${typeOf(value)} instead of a string`;
  if (value === '') return 'is an empty string';
  if (value.trim() === '') return 'is only white space';
  const begins = value.trimStart() !== value;
  const ends = value.trimEnd() !== value;
  if (!begins && !ends) return undefined;
  const where = begins && ends ? 'begins and ends' : begins ? 'begins' : 'ends';
  return `${where} with ${/^[\r\n]|[\r\n]$/.test(value) ? 'a line break' : 'white space'}, which must be removed`;
}

/** For each missing credential, the field with the likeliest other name and a usable value. */
function otherNamesIn(parsed: Readonly<Record<string, unknown>>, fields: CredentialFields): string[] {
  const present = Object.keys(parsed).filter((name) => valueProblem(parsed[name]) === undefined);
  return (['client_id', 'client_secret'] as const).flatMap((credential) => {
    if (present.includes(fields[credential])) return [];
    const found = OTHER_NAMES[credential].flatMap((known) =>
      present.filter((name) => name.toLowerCase().replaceAll(/[_ -]/g, '') === known),
    );
    return found.slice(0, 1);
  });
}
