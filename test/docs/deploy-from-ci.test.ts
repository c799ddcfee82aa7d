import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { OidcProviderNative, OpenIdConnectPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { deployedStack } from '../support/deployed-stack.ts';
import { synthesizeExample } from '../support/document-examples.ts';
import type { Statement } from '../support/policy-evaluation.ts';
import { EVERYTHING, viaSsm } from '../support/refresher-stack.ts';
import { ACCOUNT, REGION } from '../support/resolve-template.ts';

const DOCUMENT = 'docs/deploy-from-ci.md';
const page = await readFile(new URL(`../../${DOCUMENT}`, import.meta.url), 'utf8');
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

interface Job {
  readonly environment?: string;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Record<string, string>;
  }[];
}
interface Workflow {
  readonly on: Record<string, unknown>;
  readonly permissions: Record<string, string>;
  readonly jobs: Readonly<Record<string, Job>>;
}
const codeBlocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, indent = '', code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
const [workflow, ...snippets] = codeBlocks('yaml').map((text) => parse(text)) as [
  Workflow,
  ...Job['steps'][],
];
const roleOf = (job: string) =>
  workflow.jobs[job]?.steps.flatMap((step) => step.with?.['role-to-assume'] ?? [])[0] ?? '';

/** Roles of the account. Like those of `cdk bootstrap`, they trust the account, so the caller's own policy decides. */
const BOOTSTRAP = ['deploy', 'file-publishing', 'lookup', 'cfn-exec'].map((name) =>
  roleArn(`cdk-hnb659fds-${name}-role-${ACCOUNT}-${REGION}`),
);
const TRUSTS_ACCOUNT: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'sts:AssumeRole',
};
const outside = Object.fromEntries(
  [...BOOTSTRAP, roleArn('administrator')].map((arn) => [arn, [TRUSTS_ACCOUNT]]),
);

describe("the roles for GitHub's workflows", async () => {
  const template = await synthesizeExample(DOCUMENT, 'OidcProviderNative', {
    account: ACCOUNT,
    region: REGION,
    namesIn: () => ({ OidcProviderNative, OpenIdConnectPrincipal, PolicyStatement, Role }),
  });
  const deployed = deployedStack(template.toJSON().Resources, {}, outside);
  const [, repository = ''] = /const repository = '(.*)';/.exec(page) ?? [];
  const issuer = 'token.actions.githubusercontent.com';
  const isTrusted = (job: string, sub: string, aud: string) =>
    deployed.allows({
      principal: deployed.arn('AWS::IAM::OIDCProvider'),
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: roleOf(job),
      context: { [`${issuer}:sub`]: sub, [`${issuer}:aud`]: aud },
    });

  test.for<['trusts' | 'does not trust', string, string]>([
    ['trusts', 'deploy', `repo:${repository}:environment:${workflow.jobs.deploy?.environment}`],
    ['does not trust', 'deploy', `repo:${repository}:environment:staging`],
    ['does not trust', 'deploy', `repo:${repository}:ref:refs/heads/main`],
    ['does not trust', 'deploy', `repo:${repository}:pull_request`],
    ['does not trust', 'deploy', `repo:${repository}0:environment:production`],
    ['does not trust', 'deploy', 'repo:octo-org/travel:environment:production'],
    ['trusts', 'diff', `repo:${repository}:pull_request`],
    ['does not trust', 'diff', `repo:${repository}:ref:refs/heads/main`],
    ['does not trust', 'diff', 'repo:octo-org@1/travel@456789:pull_request'],
  ])('%s, in the job %s, the subject %s', ([verdict, job, subject]) => {
    expect(isTrusted(job, subject, 'sts.amazonaws.com')).toBe(verdict === 'trusts');
    expect(isTrusted(job, subject, 'https://github.com/octo-org')).toBe(false);
  });

  const LOOKUP = BOOTSTRAP.filter((arn) => arn.includes('lookup'));
  test.for([
    ['deploy', BOOTSTRAP],
    ['diff', LOOKUP],
  ] as const)('may, in the job %s, only use %s', ([job, expected]) => {
    const roles = Object.keys(outside);
    const request = { principal: roleOf(job), action: 'sts:AssumeRole' };
    expect(roles.filter((resource) => deployed.allows({ ...request, resource }))).toEqual(expected);
    for (const action of ['iam:PassRole', 'ssm:GetParameter', 'kms:Decrypt', 'cloudformation:CreateStack'])
      expect(deployed.allows({ principal: roleOf(job), action, resource: '*' })).toBe(false);
  });
});

describe('the workflow', () => {
  test('gets an OIDC token, and may otherwise only read the repository', () => {
    expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(workflow.on).toEqual({ pull_request: null, push: { branches: ['main'] } });
  });

  test.for(['diff', 'deploy'])('installs the tools and signs in before the job %s runs the CDK', (job) => {
    const steps = workflow.jobs[job]?.steps.map(({ uses = '', run = '' }) => uses.split('@')[0] || run) ?? [];
    expect(steps).toEqual([
      'actions/checkout',
      'actions/setup-node',
      'npm ci',
      'aws-actions/configure-aws-credentials',
      expect.stringMatching(new RegExp(`^npx cdk ${job} `)),
    ]);
  });
});

const commands = [
  ...codeBlocks('sh').flatMap((text) => text.trim().split('\n')),
  ...Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run = [] }) => run)),
  ...snippets.flatMap((steps) => steps.flatMap(({ run = [] }) => run)),
  ...[...page.matchAll(/`(npx cdk [^`]+)`/g)].map(([, command = '']) => command),
];

describe('a command on the page', () => {
  const cdkCommands = commands.filter((command) => command.startsWith('npx cdk '));
  const cdk = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin/cdk');
  const helpOf = async (command: string) =>
    (await promisify(execFile)(process.execPath, [cdk, command, '--help'])).stdout;

  test('of the CDK has only options that the CDK knows', async () => {
    expect(cdkCommands.length).toBeGreaterThan(5);
    const names = [...new Set(cdkCommands.map((command) => command.split(' ')[2] ?? ''))];
    const help = new Map(await Promise.all(names.map(async (name) => [name, await helpOf(name)] as const)));
    const unknown = cdkCommands.flatMap((command) => {
      const [, , name = '', ...words] = command.split(' ');
      const options = words.filter((word) => /^--?[a-z]/.test(word));
      return options.filter((option) => !new RegExp(`(^| )${option}\\b`, 'm').test(help.get(name) ?? ''));
    });
    expect(unknown).toEqual([]);
    const named = [...page.matchAll(/`(--[a-z-]+)/g)].map(([, option = '']) => option);
    const all = [...help.values()].join();
    expect(named.filter((option) => !all.includes(option))).toEqual([]);
  });

  test('of npm runs a script that exists', () => {
    const scripts = commands.flatMap((command) => /^npm run (\S+)/.exec(command)?.[1] ?? []);
    expect(scripts).not.toEqual([]);
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });

  test('overrides settings of the shipped cdk.json with valid values', () => {
    const overrides = commands.flatMap((command) =>
      [...command.matchAll(/-c "?([\w.]+)=([^\s"]+)/g)].map(([, name = '', value = '']) => [
        name,
        value.replace(/^\$\w+$/, 'https://auth.example.com/token'),
      ]),
    );
    expect(overrides.length).toBeGreaterThan(2);
    for (const [name = '', value] of overrides) {
      const [app = '', setting = ''] = name.split('.');
      const settings = readSettings({ ...cdkJson.context, [name]: value }).get(app);
      expect(settings).toHaveProperty(setting, value);
    }
  });
});

describe('an entry of readers on the page', () => {
  const rows = [...page.matchAll(/^\| ([^|]+) \| `(arn:[^`]+)` \|$/gm)].map(([, who = '', entry = '']) => [
    who,
    entry,
  ]);
  const entryFor = (who: string) => rows.find(([name = '']) => name.includes(who))?.[1] ?? '';
  const sso = (path: string, name: string) =>
    roleArn(`aws-reserved/sso.amazonaws.com/${path}AWSReservedSSO_${name}`);
  const SUFFIX = '0123456789abcdef';

  /** Whether the key of the shipped app with this entry lets the principal decrypt the token. */
  const admits = (entry: string, principal: string) => {
    const { spotnana } = cdkJson.context.refreshers;
    const refreshers = { spotnana: { ...spotnana, readers: [entry] } };
    const settings = readSettings({ refreshers }).get('spotnana');
    if (settings === undefined) throw new Error('no settings');
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const env = { account: ACCOUNT, region: REGION };
    const template = Template.fromStack(
      new RefresherStack(app, 'TokenRefresher-spotnana', settings, { env }),
    );
    const deployed = deployedStack(template.toJSON().Resources);
    const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${settings.parameterName}`;
    const resource = deployed.arn('AWS::KMS::Key');
    return deployed.allows(
      { principal, action: 'kms:Decrypt', resource, context: viaSsm(parameter) },
      EVERYTHING,
    );
  };

  test.for<['admits' | 'does not admit', string, string]>([
    ['admits', 'SSO users', sso('eu-west-2/', `Developer_${SUFFIX}`)],
    ['admits', 'SSO users', sso('ap-southeast-1/', 'Developer_fedcba9876543210')],
    ['admits', 'SSO users', sso('', `Developer_${SUFFIX}`)],
    ['admits', 'SSO users', sso('eu-west-2/', `Developer_Admin_${SUFFIX}`)],
    ['does not admit', 'SSO users', sso('eu-west-2/', `Auditor_${SUFFIX}`)],
    ['does not admit', 'SSO users', roleArn(`AWSReservedSSO_Developer_${SUFFIX}`)],
    ['does not admit', 'SSO users', roleArn('travel-api')],
    ['admits', 'role of CI', roleArn('token-refresher-deploy')],
    ['does not admit', 'role of CI', roleArn('token-refresher-diff')],
    ['admits', 'Functions', roleArn('travel-api-1A2B3C')],
    ['does not admit', 'Functions', roleArn('billing-travel-api')],
    ['admits', 'under the path', roleArn('teams/travel/api')],
    ['does not admit', 'under the path', roleArn('teams/billing/api')],
    ['admits', 'An IAM user', `arn:aws:iam::${ACCOUNT}:user/jane`],
    ['does not admit', 'An IAM user', roleArn('jane')],
  ])('%s, for "%s", %s', ([verdict, who, principal]) => {
    expect(admits(entryFor(who), principal)).toBe(verdict === 'admits');
  });

  test('with 16 question marks admits no permission set with a longer name', () => {
    const entry = entryFor('SSO users').replace(/\*$/, '?'.repeat(16));
    expect(admits(entry, sso('eu-west-2/', `Developer_${SUFFIX}`))).toBe(true);
    expect(admits(entry, sso('eu-west-2/', `Developer_Admin_${SUFFIX}`))).toBe(false);
  });

  test('is what synth prints for the session on the page', () => {
    const [session = ''] = /arn:aws:sts::[^`]+/.exec(page) ?? [];
    expect(() => admits(session, '')).toThrow(`Write the ARN of its role: ${entryFor('SSO users')}`);
  });
});
