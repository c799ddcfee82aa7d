import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { REFERENCE_VARIANTS } from '../../support/reference-variants.ts';
import {
  readTemplates,
  type TemplateResource,
  type Templates,
  templateProblems,
} from '../../support/template-problems.ts';

let outdir: string;

beforeEach(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'token-refresher-references-'));
  // CDK's own checks of the template take seconds to start.
  vi.stubEnv('CDK_VALIDATION', 'false');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(outdir, { recursive: true });
});

describe('every reference in the templates has its target, and none leads around in a circle', () => {
  test('in the shipped stack', () => {
    expect(templateProblems(readTemplates(inject('deployable').outdir))).toEqual([]);
  });

  test.for(REFERENCE_VARIANTS.map((variant) => [variant.name, variant] as const))(
    'with %s',
    ([, { synthesize }]) => {
      synthesize(outdir);
      const templates = readTemplates(outdir);
      expect(templateProblems(templates)).toEqual([]);
      expect(firstTokenEnvironments(templates)).toEqual(functionEnvironments(templates));
    },
  );
});

/** The first token is minted for the environment that the function gets, references included. */
const firstTokenEnvironments = (templates: Templates) => propertiesOf(templates, 'Custom::FirstToken');
const functionEnvironments = (templates: Templates) =>
  propertiesOf(templates, 'AWS::Lambda::Function').filter((environment) =>
    JSON.stringify(environment)?.includes('TOKEN_URL'),
  );

function propertiesOf(templates: Templates, type: string): unknown[] {
  return Object.values(templates)
    .flatMap(({ Resources = {} }) => Object.values(Resources))
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => (Properties as { Environment?: unknown }).Environment);
}

describe('the check of the templates', () => {
  const queue = { Type: 'AWS::SQS::Queue' };
  const withName = (QueueName: unknown) => ({ ...queue, Properties: { QueueName } });
  const nested = (output: string) => ({
    'a.template.json': {
      Resources: {
        A: withName({ 'Fn::GetAtt': ['Nested', output] }),
        Nested: {
          Type: 'AWS::CloudFormation::Stack',
          Metadata: { 'aws:asset:path': 'b.nested.template.json' },
        },
      },
    },
    'b.nested.template.json': { Resources: { B: queue }, Outputs: { Name: { Value: { Ref: 'B' } } } },
  });
  const single = (A: TemplateResource) => ({
    'a.template.json': { Resources: { A, B: queue }, Parameters: { P: { Type: 'String' } } },
  });
  const importing = (name: string): Templates => ({
    'a.template.json': {
      Resources: { A: withName({ 'Fn::ImportValue': name }) },
      Outputs: { FromA: { Export: { Name: 'a' } } },
    },
    'b.template.json': {
      Resources: { B: withName({ 'Fn::ImportValue': 'a' }) },
      Outputs: { FromB: { Export: { Name: 'b' } } },
    },
  });

  test.for<[string, Templates, readonly string[]]>([
    ['accepts a Ref to a resource', single(withName({ Ref: 'B' })), []],
    ['accepts a Ref to a parameter', single(withName({ Ref: 'P' })), []],
    ['accepts a pseudo parameter', single(withName({ Ref: 'AWS::Region' })), []],
    ['accepts an output of a nested stack', nested('Outputs.Name'), []],
    [
      'accepts names that Fn::Sub itself gives',
      single(withName({ 'Fn::Sub': [`\${X}-\${!Y}`, { X: 1 }] })),
      [],
    ],
    ['finds a Ref', single(withName({ Ref: 'C' })), ['a.template.json: Ref C']],
    [
      'finds a GetAtt',
      single(withName({ 'Fn::GetAtt': ['C', 'Arn'] })),
      ['a.template.json: Fn::GetAtt C.Arn'],
    ],
    [
      'finds a GetAtt in one text',
      single(withName({ 'Fn::GetAtt': 'C.Arn' })),
      ['a.template.json: Fn::GetAtt C.Arn'],
    ],
    [
      'finds a GetAtt of a parameter',
      single(withName({ 'Fn::GetAtt': ['P', 'Arn'] })),
      ['a.template.json: Fn::GetAtt P.Arn'],
    ],
    ['finds a Sub', single(withName({ 'Fn::Sub': `q-\${C}-\${B.Arn}` })), ['a.template.json: Fn::Sub C']],
    [
      'finds a Ref in the values of a Sub',
      single(withName({ 'Fn::Sub': [`\${X}`, { X: { Ref: 'C' } }] })),
      ['a.template.json: Ref C'],
    ],
    ['finds a DependsOn', single({ ...queue, DependsOn: ['B', 'C'] }), ['a.template.json: DependsOn C']],
    ['finds a DependsOn as text', single({ ...queue, DependsOn: 'C' }), ['a.template.json: DependsOn C']],
    ['finds a condition', single({ ...queue, Condition: 'C' }), ['a.template.json: Condition C']],
    [
      'finds an output that the nested stack lacks',
      nested('Outputs.Other'),
      ['a.template.json: Fn::GetAtt Nested.Outputs.Other'],
    ],
    [
      'finds what CDK left open',
      single(withName(`\${Token[TOKEN.1]}`)),
      [`a.template.json: unresolved \${Token[TOKEN.1]}`],
    ],
    ['finds an import without an export', importing('c'), ['a.template.json: Fn::ImportValue "c"']],
    [
      'finds a cycle of stacks',
      importing('b'),
      ['stacks: cycle a.template.json > b.template.json > a.template.json'],
    ],
    [
      'finds a cycle of resources',
      { 'a.template.json': { Resources: { A: withName({ Ref: 'B' }), B: { ...queue, DependsOn: ['A'] } } } },
      ['a.template.json: cycle A > B > A'],
    ],
  ])('%s', ([, templates, problems]) => {
    expect(templateProblems(templates)).toEqual(problems);
  });
});
