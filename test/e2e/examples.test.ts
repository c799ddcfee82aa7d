import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { clientSettings } from '../../local/deploy-local/cloud-clients.ts';
import { run } from '../../local/deploy-local/run-command.ts';
import { type GuardedApi, startGuardedApi } from '../../local/guarded-api.ts';
import { confidential } from '../support/confidential.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PARAMETER = '/examples/access-token';

let api: GuardedApi;
let ssm: SSMClient;
let directory: string;
let token: string;

beforeAll(async () => {
  token = confidential(`example-token-${randomUUID()}`);
  api = await startGuardedApi(async (presented) => presented === token);
  directory = await mkdtemp(join(tmpdir(), 'token-refresher-examples-'));
  ssm = new SSMClient(clientSettings(inject('ministack')));
  const record = { access_token: token, expires_at: Math.floor(Date.now() / 1_000) + 3_600 };
  // The second parameter is for the README's example.
  for (const Name of [PARAMETER, '/readme/access-token']) {
    await ssm.send(new PutParameterCommand({ Name, Value: JSON.stringify(record), Type: 'SecureString' }));
  }
});
afterAll(async () => {
  for (const Name of [PARAMETER, '/readme/access-token'])
    await ssm.send(new DeleteParameterCommand({ Name }));
  await api.stop();
  await rm(directory, { recursive: true, force: true });
});

const environment = () => ({
  ...inject('ministack').environment,
  API_URL: api.url,
  TOKEN_PARAMETER_NAME: PARAMETER,
  PATH: process.env.PATH,
  PYTHONPATH: `${join(root, 'examples')}:${directory}`,
  PYTHONDONTWRITEBYTECODE: '1',
});
const python = (code: string) => run(inject('awsPython'), ['-c', code], { environment: environment() });

test.for(['boto3_consumer', 'powertools_consumer'])(
  'examples/%s.py calls the API with the token, twice',
  async (module) => {
    const before = api.calls;
    const trips = await python(`import ${module} as m; m.handler({}, None); print(m.handler({}, None))`);
    expect(trips).toContain('trips');
    expect(api.calls - before).toBe(2);
    expect(api.refused).toBe(0);
  },
);

test('examples/aws-cli.sh calls the API with the token', async () => {
  const aws = `aws() { '${inject('awsPython')}' -m awscli "$@"; }; export -f aws`;
  const script = join(root, 'examples/aws-cli.sh');
  expect(await run('bash', ['-c', `${aws}; bash '${script}'`], { environment: environment() })).toContain(
    'trips',
  );
  expect(api.refused).toBe(0);
});

test("the README's Python example reads the token", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /```python\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const code = example.replace('/spotnana/access-token', '/readme/access-token');
  await writeFile(join(directory, 'readme_example.py'), code);
  const read =
    'import readme_example, hashlib; print(hashlib.sha256(readme_example.read_token().encode()).hexdigest())';
  expect(await python(read)).toBe(sha256(token));
});
