import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { expect, inject, test, vi } from 'vitest';
import { TokenRefresher } from '../../infra/construct/token-refresher.ts';
import { createNotificationTopic } from '../../infra/notification-topic.ts';
import { SANDBOX } from '../../local/synthesize.ts';
import { acceptedFindings, readReport } from '../../scripts/findings.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Skips CDK's own checks of the template, which take seconds to start. */
const ONLY_NAG = { CDK_VALIDATION: 'false' };
const UNBUNDLED = { 'aws:cdk:bundling-stacks': [] };

const shipped = await readReport(inject('deployable').outdir);
const accepted = acceptedFindings(shipped);

test('every synth runs the AWS Solutions and NIST 800-53 R5 checks, without open findings', () => {
  const packs = shipped.pluginReports.filter(({ pluginName }) => /AwsSolutions|NIST/.test(pluginName));
  expect(packs.map(({ pluginName, conclusion }) => [pluginName, conclusion])).toEqual([
    ['AwsSolutions', 'success'],
    ['NIST.800.53.R5', 'success'],
  ]);
});

test('a synth fails on a finding that is not accepted', async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-findings-'));
  const preload = join(root, 'test/support/without-acknowledgements.ts');
  const context = { refreshers: { sandbox: SANDBOX }, ...UNBUNDLED };
  const synth = promisify(execFile)(process.execPath, ['--import', preload, 'infra/app.ts'], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context), ...ONLY_NAG },
  });
  await expect(synth).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/AwsSolutions-SQS3[\s\S]*NIST\.800\.53\.R5-LambdaInsideVPC/),
  });
  await rm(outdir, { recursive: true });
});

test('each finding is accepted on a single construct, with a reason', () => {
  expect(accepted.length).toBeGreaterThan(5);
  for (const { acknowledgedAt, violatingConstructs, reason } of accepted) {
    // <stack>/<refresher>/<construct>: nothing is accepted for a whole refresher.
    expect(acknowledgedAt.split('/')).toHaveLength(3);
    for (const { constructPath } of violatingConstructs)
      expect(constructPath).toContain(`${acknowledgedAt}/`);
    expect(reason.split(' ').length).toBeGreaterThan(8);
  }
});

test('a refresher in a VPC with email notifications has only the findings that SECURITY.md lists', async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-findings-'));
  vi.stubEnv('CDK_VALIDATION', ONLY_NAG.CDK_VALIDATION);
  const app = new App({ context: UNBUNDLED, outdir });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  const stack = new Stack(app, 'Test');
  new TokenRefresher(stack, 'Refresher', {
    tokenUrl: 'https://auth.example.com/token',
    parameterName: '/app/token',
    notificationTopic: createNotificationTopic(stack, 'travel@example.com'),
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    }),
  });
  expect(() => app.synth()).not.toThrow();
  vi.unstubAllEnvs();
  const rules = acceptedFindings(await readReport(outdir)).map(({ ruleName }) => ruleName);
  expect(rules).toContain('AwsSolutions-IAM5[Resource::*]');
  expect(rules).not.toContain('NIST.800.53.R5-LambdaInsideVPC');
  const security = await readFile(join(root, 'SECURITY.md'), 'utf8');
  expect(rules.filter((rule) => !security.includes(`\`${rule}\``))).toEqual([]);
  await rm(outdir, { recursive: true });
});
