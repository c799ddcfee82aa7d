// With Powertools for AWS Lambda, in a function with refresher.grantRead(fn).
import { getParameter } from '@aws-lambda-powertools/parameters/ssm';

// Seconds. Every read finds a token that is valid for some 25 minutes or more, so one that has been kept for 5 is good for
// 20 more. It must stay well below that, since Powertools does not know when the token expires. Its own default of 5
// seconds would read the parameter, which is throttled at 40 reads a second, nearly every time.
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
  // The token may have been replaced since it was read.
  if (response.status === 401) response = await call(await readToken(true));
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}
