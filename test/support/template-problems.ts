import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TemplateResource {
  readonly Type: string;
  readonly DependsOn?: string | readonly string[];
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly [section: string]: unknown;
}

export interface CloudFormationTemplate {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value?: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
}

export type Templates = Readonly<Record<string, CloudFormationTemplate>>;

interface Reference {
  readonly kind: 'Ref' | 'Fn::GetAtt' | 'Fn::Sub' | 'DependsOn' | 'Fn::ImportValue' | 'Condition';
  /** A logical id, or the name of an export. */
  readonly target: string;
  readonly attribute?: string;
}

/** The templates of an assembly by file name, those of nested stacks included. */
export function readTemplates(outdir: string): Templates {
  const files = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  return Object.fromEntries(
    files.map((file) => [file, JSON.parse(readFileSync(join(outdir, file), 'utf8'))]),
  );
}

/** Why CloudFormation would reject these templates, which are deployed together. */
export function templateProblems(templates: Templates): string[] {
  const exporters = exportersOf(templates);
  return [
    ...Object.entries(templates).flatMap(([file, template]) => [
      ...missingTargets(template, templates, exporters).map((problem) => `${file}: ${problem}`),
      ...cycles(resourceGraph(template)).map((cycle) => `${file}: cycle ${cycle}`),
    ]),
    ...cycles(stackGraph(templates, exporters)).map((cycle) => `stacks: cycle ${cycle}`),
  ];
}

function missingTargets(
  template: CloudFormationTemplate,
  templates: Templates,
  exporters: ReadonlyMap<string, string>,
): string[] {
  const isMissing = ({ kind, target, attribute }: Reference): boolean => {
    const resource = template.Resources?.[target];
    if (kind === 'Fn::ImportValue') return !exporters.has(target);
    if (kind === 'Condition') return template.Conditions?.[target] === undefined;
    if (resource === undefined)
      return attribute !== undefined || kind === 'DependsOn' || !isParameter(target, template);
    return attribute !== undefined && !hasAttribute(resource, attribute, templates);
  };
  const text = JSON.stringify(template);
  const unresolved = /\$\{Token\[[^\]]*\]\}|<unresolved-lazy>/.exec(text)?.[0];
  return [
    ...referencesIn(template)
      .filter(isMissing)
      .map(({ kind, target, attribute }) => `${kind} ${[target, attribute].filter(Boolean).join('.')}`),
    ...(unresolved === undefined ? [] : [`unresolved ${unresolved}`]),
  ];
}

function isParameter(name: string, { Parameters = {} }: CloudFormationTemplate): boolean {
  return name.startsWith('AWS::') || name in Parameters;
}

/** Only the outputs of nested stacks are known here. */
function hasAttribute(
  { Type, Metadata }: TemplateResource,
  attribute: string,
  templates: Templates,
): boolean {
  if (Type !== 'AWS::CloudFormation::Stack') return true;
  const nested = templates[String(Metadata?.['aws:asset:path'])];
  const [section, output = ''] = attribute.split('.');
  return section === 'Outputs' && nested?.Outputs?.[output] !== undefined;
}

function exportersOf(templates: Templates): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(templates).flatMap(([file, { Outputs = {} }]) =>
      Object.values(Outputs).flatMap(({ Export }) =>
        Export === undefined ? [] : [[JSON.stringify(Export.Name), file] as const],
      ),
    ),
  );
}

function referencesIn(value: unknown, key?: string): Reference[] {
  if (Array.isArray(value)) return value.flatMap((item) => referencesIn(item, key));
  if (typeof value !== 'object' || value === null) {
    return key === 'DependsOn' ? [{ kind: 'DependsOn', target: String(value) }] : [];
  }
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'Ref') return [{ kind: 'Ref' as const, target: String(inner) }];
    if (name === 'Fn::GetAtt') return [attributeOf(inner)];
    if (name === 'Fn::Sub') return substitutionsIn(inner);
    if (name === 'Fn::ImportValue')
      return [{ kind: 'Fn::ImportValue' as const, target: JSON.stringify(inner) }];
    if (name === 'Condition' && typeof inner === 'string')
      return [{ kind: 'Condition' as const, target: inner }];
    return referencesIn(inner, name);
  });
}

function attributeOf(argument: unknown): Reference {
  const [target = '', ...rest] = typeof argument === 'string' ? argument.split('.') : (argument as string[]);
  return { kind: 'Fn::GetAtt', target, attribute: rest.join('.') };
}

function substitutionsIn(argument: unknown): Reference[] {
  const [text, values] = (typeof argument === 'string' ? [argument, {}] : argument) as [string, object];
  const names = [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.trim());
  const references = names
    .filter((name) => !(name in values))
    .map((name): Reference => {
      const [target = '', ...rest] = name.split('.');
      return { kind: 'Fn::Sub', target, ...(rest.length === 0 ? {} : { attribute: rest.join('.') }) };
    });
  return [...references, ...referencesIn(values)];
}

type Graph = ReadonlyMap<string, readonly string[]>;

function resourceGraph({ Resources = {} }: CloudFormationTemplate): Graph {
  return new Map(
    Object.entries(Resources).map(([id, resource]) => [
      id,
      referencesIn(resource)
        .map(({ target }) => target)
        .filter((target) => target in Resources),
    ]),
  );
}

function stackGraph(templates: Templates, exporters: ReadonlyMap<string, string>): Graph {
  return new Map(
    Object.entries(templates).map(([file, template]) => [
      file,
      referencesIn(template)
        .filter(({ kind }) => kind === 'Fn::ImportValue')
        .flatMap(({ target }) => exporters.get(target) ?? []),
    ]),
  );
}

/** Each cycle as the path that leads around it. */
function cycles(graph: Graph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      found.push([...path.slice(start), node].join(' > '));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
