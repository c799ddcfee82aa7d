import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { PRIVATE_CA_PAGE } from '../../lambda/shared/untrusted-certificate.ts';
import { startFunction } from '../../local/function-container.ts';
import {
  type CertificateAndKey,
  type CertificateAuthority,
  createCertificateAuthority,
} from '../support/certificates.ts';
import { type CloudFormationAnswers, startCloudFormation } from '../support/cloudformation.ts';
import { confidential, recordWritten } from '../support/confidential.ts';
import { type EgressProxy, startEgressProxy } from '../support/egress-proxy.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../support/refresher.ts';
import { newApp, newRefresher } from '../support/refresher-stack.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { grant } from '../support/token-endpoint.ts';

const AUTH = 'auth.example.com';
const SSM = 'ssm.us-east-1.amazonaws.com';
const SECRETS_MANAGER = 'secretsmanager.us-east-1.amazonaws.com';
const LAMBDA = 'lambda.us-east-1.amazonaws.com';
const S3 = 'cloudformation-custom-resource-response-useast1.s3.amazonaws.com';
/** Names of interface endpoints in a VPC without private DNS. */
const SSM_ENDPOINT = 'vpce-1.ssm.us-east-1.vpce.amazonaws.com';
const SECRETS_ENDPOINT = 'vpce-2.secretsmanager.us-east-1.vpce.amazonaws.com';

const CA_FILE = '/opt/private-ca.pem';
const THROUGH_PROXY = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://proxy.example.com:3128' };
const WITH_PRIVATE_CA = { NODE_EXTRA_CA_CERTS: CA_FILE };
const preload = (...files: string[]) => ({
  NODE_OPTIONS: files.map((file) => `--import=${new URL(`../support/${file}`, import.meta.url)}`).join(' '),
});
const PATIENT = preload('patient-timers.ts');
/** Names then resolve to this machine. Without it, only the proxy knows them. */
const RESOLVES_NAMES = preload('patient-timers.ts', 'loopback-names.ts');

let refresher: TestRefresher;
let cloudFormation: CloudFormationAnswers;
let authority: CertificateAuthority;
let front: TlsFront;
let proxy: EgressProxy;
/** Holds the content of the layer, which Lambda unpacks to `/opt`. */
let layer: string;

beforeEach(async () => {
  [refresher, cloudFormation, authority] = await Promise.all([
    startRefresher(),
    startCloudFormation(),
    createCertificateAuthority(),
  ]);
  await refresher.putSecret(credentials(newClientSecret()));
  refresher.endpoint.answer(grant(confidential(`token-${randomUUID()}`)));
  const aws = [SSM, SECRETS_MANAGER, LAMBDA, SSM_ENDPOINT, SECRETS_ENDPOINT];
  const targets = Object.fromEntries(aws.map((host) => [host, refresher.cloud.url]));
  front = await startTlsFront(
    { ...targets, [AUTH]: refresher.endpoint.url, [S3]: cloudFormation.url },
    authority,
  );
  proxy = await startEgressProxy(front.port);
  layer = join(tmpdir(), `layer-${randomUUID()}`);
  await mkdir(layer, { recursive: true });
  await writeFile(CA_FILE.replace('/opt', layer), authority.cert);
});
afterEach(async () => {
  recordWritten(proxy.log.join('\n'));
  await refresher.close();
  await Promise.all([cloudFormation.close(), front.close(), proxy.close()]);
});

type FunctionId = 'Function' | 'DeploymentFunction';

/** These variables as the template sets them for the function, with the addresses of this machine. */
function deployedVariables(
  environment: Readonly<Record<string, string>>,
  id: FunctionId,
): Record<string, string> {
  const stack = new Stack(newApp(), 'Test');
  const arn = 'arn:aws:lambda:us-east-1:111111111111:layer:private-ca:1';
  newRefresher(stack, { environment, layers: [LayerVersion.fromLayerVersionArn(stack, 'Ca', arn)] });
  const functions = Object.entries(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const { Environment, Layers } =
    functions.find(([name]) => name.startsWith(`Refresher${id}`))?.[1].Properties ?? {};
  expect(Layers).toEqual([arn]);
  const variables: Readonly<Record<string, string>> = Environment.Variables;
  return Object.fromEntries(
    Object.keys(environment).map((name) => [
      name,
      (variables[name] ?? '').replace(THROUGH_PROXY.HTTPS_PROXY, proxy.url).replace('/opt', layer),
    ]),
  );
}

/** Runs one check in a new container. `machine` are variables that only the test needs. */
async function check(
  environment: Readonly<Record<string, string>>,
  machine: Readonly<Record<string, string>> = {},
) {
  await refresher.restart({
    [ENVIRONMENT.tokenUrl]: `https://${AUTH}/token`,
    // The SDK's own addresses, as in AWS.
    AWS_ENDPOINT_URL: '',
    ...deployedVariables(environment, 'Function'),
    ...PATIENT,
    ...machine,
  });
  return refresher.invoke();
}

/** Serves the custom resource of the first token. `port` is that of the address to which the answer goes. */
async function deployFirstToken(environment: Readonly<Record<string, string>>, machine = {}, port = 443) {
  const deployment = await startFunction(inject('deployable').deploymentModule, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    URL_SUFFIX: 'amazonaws.com',
    ...deployedVariables(environment, 'DeploymentFunction'),
    ...PATIENT,
    ...machine,
  });
  onTestFinished(() => deployment.close());
  return deployment.invoke({
    RequestType: 'Create',
    ResponseURL: `https://${S3}:${port}/answer?Signature=x`,
    StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Test/1',
    RequestId: 'request-1',
    LogicalResourceId: 'FirstToken',
    ResourceType: 'Custom::FirstToken',
    ResourceProperties: {
      FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION_NAME}`,
      SecretMayBeEmpty: 'false',
      Environment: { Variables: {} },
    },
  });
}

const through = (...hosts: string[]) => hosts.map((host) => `${host}:443`);

describe('in a network that only an intercepting proxy leaves', () => {
  const ENVIRONMENT_OF_NETWORK = { ...THROUGH_PROXY, ...WITH_PRIVATE_CA };

  test('the refresher reaches AWS and the token endpoint through the proxy', async () => {
    expect(await check(ENVIRONMENT_OF_NETWORK)).toMatchObject({ ok: true, result: { outcome: 'minted' } });
    expect([...new Set(proxy.tunnels)].sort()).toEqual(through(AUTH, SECRETS_MANAGER, SSM));
  });

  test('the deployment invokes the refresher and answers CloudFormation through the proxy', async () => {
    expect((await check(ENVIRONMENT_OF_NETWORK)).ok).toBe(true);
    const before = proxy.tunnels.length;
    expect((await deployFirstToken(ENVIRONMENT_OF_NETWORK)).ok).toBe(true);
    expect(proxy.tunnels.slice(before)).toEqual(through(LAMBDA, S3));
    expect(cloudFormation.received.map(({ answer }) => answer.Status)).toEqual(['SUCCESS']);
  });

  test('the proxy sees the names of the hosts only', async () => {
    expect((await check(ENVIRONMENT_OF_NETWORK)).ok).toBe(true);
    expect(proxy.log.filter((line) => !/^CONNECT [\w.-]+:443( |$)/.test(line))).toEqual([]);
    expect(proxy.log.join('\n')).not.toMatch(/authorization|\/token|client_/i);
  });

  test.for<[string, object, string, RegExp]>([
    ['the private CA', THROUGH_PROXY, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /set NODE_EXTRA_CA_CERTS/],
    ['NODE_USE_ENV_PROXY', { ...ENVIRONMENT_OF_NETWORK, NODE_USE_ENV_PROXY: '' }, 'ENOTFOUND', /ENOTFOUND/],
  ])('a check without %s fails with STORE_UNAVAILABLE', async ([, environment, reason, message]) => {
    expect(await check({ ...environment })).toMatchObject({
      ok: false,
      errorMessage: expect.stringMatching(new RegExp(`^STORE_UNAVAILABLE: .*${message.source}`)),
    });
    expect(refresher.fn.output.join('\n')).toContain(`"reason":"${reason}"`);
  });

  test.for([
    [SSM, 'STORE_UNAVAILABLE'],
    [AUTH, 'ENDPOINT_UNAVAILABLE'],
  ] as const)('if the proxy refuses %s, a check fails with %s', async ([host, code]) => {
    proxy.refuse(host);
    expect(await check(ENVIRONMENT_OF_NETWORK)).toMatchObject({
      ok: false,
      errorMessage: expect.stringContaining(code),
    });
  });
});

describe('with interface endpoints in the VPC and a proxy for everything else', () => {
  test.for(['.vpce.amazonaws.com', '*.vpce.amazonaws.com', `localhost,${SSM_ENDPOINT},${SECRETS_ENDPOINT}`])(
    'NO_PROXY=%s keeps calls to AWS in the VPC',
    async (NO_PROXY) => {
      const answer = await check(
        {
          ...THROUGH_PROXY,
          ...WITH_PRIVATE_CA,
          NO_PROXY,
          AWS_ENDPOINT_URL_SSM: `https://${SSM_ENDPOINT}:${front.port}`,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: `https://${SECRETS_ENDPOINT}:${front.port}`,
        },
        RESOLVES_NAMES,
      );
      expect(answer).toMatchObject({ ok: true, result: { outcome: 'minted' } });
      expect(proxy.tunnels).toEqual(through(AUTH));
    },
  );

  test.for(['.amazonaws.com', '*.amazonaws.com', S3])(
    'NO_PROXY=%s answers CloudFormation past the proxy',
    async (NO_PROXY) => {
      expect((await check({ ...THROUGH_PROXY, ...WITH_PRIVATE_CA })).ok).toBe(true);
      const before = proxy.tunnels.length;
      const environment = {
        ...THROUGH_PROXY,
        ...WITH_PRIVATE_CA,
        NO_PROXY,
        AWS_ENDPOINT_URL_LAMBDA: `https://${LAMBDA}:${front.port}`,
      };
      expect((await deployFirstToken(environment, RESOLVES_NAMES, front.port)).ok).toBe(true);
      expect(cloudFormation.received.map(({ answer }) => answer.Status)).toEqual(['SUCCESS']);
      expect(proxy.tunnels.slice(before)).toEqual(NO_PROXY === S3 ? [`${LAMBDA}:${front.port}`] : []);
    },
  );
});

describe('a token endpoint with a certificate of a private CA', () => {
  const machine = (port = front.port) => ({
    ...RESOLVES_NAMES,
    [ENVIRONMENT.tokenUrl]: `https://${AUTH}:${port}/token`,
    AWS_ENDPOINT_URL: refresher.cloud.url,
  });

  test('is trusted with NODE_EXTRA_CA_CERTS', async () => {
    expect((await check(WITH_PRIVATE_CA, machine())).ok).toBe(true);
  });

  test.for<[string, string, (chain: CertificateAndKey) => CertificateAndKey]>([
    ['its certificate alone', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', (leaf) => leaf],
    [
      'its certificate and that of the CA',
      'SELF_SIGNED_CERT_IN_CHAIN',
      (leaf) => ({ ...leaf, cert: [leaf.cert, authority.cert].join('\n') }),
    ],
  ])(
    'that sends %s is not trusted without it, and the error names the page that helps',
    async ([, code, sent]) => {
      const issue = async (host: string) => sent(await authority.issue(host));
      const endpoint = await startTlsFront({ [AUTH]: refresher.endpoint.url }, { ...authority, issue });
      onTestFinished(() => endpoint.close());
      const answer = await check({}, machine(endpoint.port));
      expect(answer).toMatchObject({ ok: false });
      const { errorMessage = '' } = answer as { errorMessage?: string };
      expect(errorMessage).toContain(
        `ENDPOINT_UNAVAILABLE: https://${AUTH}:${endpoint.port}/token gave no answer: ${code}.`,
      );
      expect(errorMessage).toContain(PRIVATE_CA_PAGE);
      expect(refresher.endpoint.requests).toEqual([]);
    },
  );
});
