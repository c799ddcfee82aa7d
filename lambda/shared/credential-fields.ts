/** OAuth 2.0 names of the credentials (RFC 6749 section 2.3.1). */
export const CREDENTIALS = ['client_id', 'client_secret'] as const;
type Credential = (typeof CREDENTIALS)[number];

/** The name of each credential in the secret. */
export type CredentialFields = Readonly<Record<Credential, string>>;

/** Longest name of a field. AWS limits the length of descriptions, and some contain both names. */
export const LONGEST_FIELD_NAME = 128;

/** The setting `credentialFields`: the names that differ from the defaults. */
export type CredentialFieldNames = Readonly<Partial<Record<Credential, string | undefined>>>;

/** The names in the secret, `client_id` and `client_secret` by default. */
export function credentialFieldsOf(names: CredentialFieldNames = {}): CredentialFields {
  return { client_id: names.client_id ?? 'client_id', client_secret: names.client_secret ?? 'client_secret' };
}

/** What is wrong with the setting `credentialFields`, or undefined if it is valid. Quotes nothing: it may hold a secret by mistake. */
export function credentialFieldsProblem(names: Readonly<Record<string, unknown>>): string | undefined {
  const keys = Object.keys(names);
  if (keys.length === 0 || keys.some((key) => !CREDENTIALS.some((credential) => credential === key)))
    return 'it must map client_id, client_secret, or both, to names of fields in the secret, and nothing else';
  const wrong = keys.find((key) => !isFieldName(names[key]));
  if (wrong !== undefined)
    return `"${wrong}" must be the name of a field in the secret, without white space around it, of at most ${LONGEST_FIELD_NAME} characters`;
  const fields = credentialFieldsOf(names as CredentialFieldNames);
  if (fields.client_id === fields.client_secret)
    return 'client_id and client_secret must be in different fields';
  return undefined;
}

/** The JSON that the secret must hold, for a message. */
export function credentialsShape({ client_id, client_secret }: CredentialFields): string {
  return `{${JSON.stringify(client_id)}: "…", ${JSON.stringify(client_secret)}: "…"}`;
}

function isFieldName(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST_FIELD_NAME) return false;
  return value.trim() === value;
}
