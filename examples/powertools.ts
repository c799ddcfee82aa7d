// With Powertools for AWS Lambda, in a function that refresher.grantRead(fn) gives access.
import { getParameter } from '@aws-lambda-powertools/parameters/ssm';

// Seconds. Powertools does not know when the token expires, so stay well below the 29 minutes of validity that a stored
// token has left, with the default settings and one-hour tokens. Its own default of 5 seconds would cause too many
// reads: Parameter Store allows 40 a second.
const MAX_AGE = 300;

async function readToken(forceFetch = false): Promise<string> {
  const name = process.env.TOKEN_PARAMETER_NAME ?? '/spotnana/access-token';
  const record = await getParameter<{ access_token: string }>(name, {
    decrypt: true,
    transform: 'json',
    maxAge: MAX_AGE,
    forceFetch,
  });
  if (record === undefined) throw new Error(`parameter ${name} is empty`);
  return record.access_token;
}

export async function handler(): Promise<unknown> {
  const call = async (token: string) =>
    fetch(`${process.env.API_URL}/trips`, { headers: { authorization: `Bearer ${token}` } });
  let response = await call(await readToken());
  // The refresher may have replaced the token since it was read.
  if (response.status === 401) response = await call(await readToken(true));
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}
