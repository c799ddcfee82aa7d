// With the AWS Parameters and Secrets Lambda Extension, in a function that refresher.grantRead(fn) gives access. The
// extension is a layer that answers over HTTP. It keeps a value for 300 seconds; SSM_PARAMETER_STORE_TTL changes that.
export async function handler(): Promise<unknown> {
  const port = process.env.PARAMETERS_SECRETS_EXTENSION_HTTP_PORT ?? '2773';
  const name = encodeURIComponent(process.env.TOKEN_PARAMETER_NAME ?? '/spotnana/access-token');
  const answer = await fetch(
    `http://localhost:${port}/systemsmanager/parameters/get?name=${name}&withDecryption=true`,
    { headers: { 'X-Aws-Parameters-Secrets-Token': process.env.AWS_SESSION_TOKEN ?? '' } },
  );
  if (!answer.ok) throw new Error(`the extension answered ${answer.status}`);
  const { Parameter } = (await answer.json()) as { Parameter: { Value: string } };
  const { access_token: token } = JSON.parse(Parameter.Value) as { access_token: string };

  const response = await fetch(`${process.env.API_URL}/trips`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}
