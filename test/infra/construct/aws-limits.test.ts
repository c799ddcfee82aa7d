import { type App, CfnOutput, type CfnResource, Stack, Tags } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { LIMITS, limitProblems } from '../../../infra/construct/aws-limits.ts';
import type { TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { newApp, newRefresher, REQUIRED } from '../../support/refresher-stack.ts';

/** Every resource that a refresher can have. */
function wholeStack(entry: object = {}): RefresherStack {
  const refreshers = { app: { ...REQUIRED, notificationEmail: 'on-call@example.com', ...entry } };
  const settings = readSettings({ refreshers }).get('app');
  if (settings === undefined) throw new Error('no settings');
  return new RefresherStack(newApp(), 'Test', settings);
}

const synthesize = (stack: Stack) => (stack.node.root as App).synth();
const nameOf = (length: number) => `/${'n'.repeat(length - 1)}`;

describe('AWS allows', () => {
  test.for(LIMITS.filter(({ property }) => !['environment.variables', 'keyPolicy'].includes(property)))(
    '$most $unit as $property of $type, and synth refuses one more',
    ({ type, property, most, unit }) => {
      const stack = wholeStack();
      const changed = stack.node.findAll().find((construct) => {
        const { cfnResourceType } = construct as CfnResource;
        return type === 'Output' ? construct instanceof CfnOutput : cfnResourceType === type;
      });
      const set = (length: number) => Object.assign(changed ?? {}, { [property]: 'x'.repeat(length) });

      set(most);
      expect(limitProblems(stack)).toEqual([]);
      set(most + 1);
      expect(limitProblems(stack)).toEqual([expect.stringContaining(`${property} has ${most + 1} ${unit}`)]);
      expect(() => synthesize(stack)).toThrow(`AWS allows ${most}`);
    },
  );

  test.for<[string, number, (length: number) => [string, string]]>([
    ['a tag with 128 characters as its key', 128, (length) => ['k'.repeat(length), 'value']],
    ['a tag with 256 characters as its value', 256, (length) => ['key', 'v'.repeat(length)]],
  ])('%s, and synth refuses one more', ([, most, tag]) => {
    const tagged = (length: number) => {
      const stack = wholeStack();
      Tags.of(stack).add(...tag(length));
      return stack;
    };
    expect(() => synthesize(tagged(most))).not.toThrow();
    expect(() => synthesize(tagged(most + 1))).toThrow(`has ${most + 1} characters, AWS allows ${most}`);
  });

  test.for<[string, Readonly<Record<string, string>>, RegExp | undefined]>([
    ['letters of any language, digits, spaces and _ . : / = + - @', { 'Équipe 1': '_.:/=+-@ ü' }, undefined],
    [
      'an apostrophe, on a role',
      { team: "traveler's" },
      /FunctionRole.*: tag team has a character that AWS does not allow/,
    ],
    ['a reserved key', { 'aws:team': 'x' }, /ReplacementClaim.*: the key of tag aws:team begins with/],
    ['a reserved key in capitals', { 'AWS:team': 'x' }, /ReplacementClaim.*: the key of tag AWS:team begins/],
    [
      'an apostrophe, on a parameter',
      { team: "traveler's" },
      /ReplacementClaim.*: tag team has a character that AWS does not allow/,
    ],
    [
      'an apostrophe, on a log group',
      { team: "traveler's" },
      /FunctionLogs.*: tag team has a character that AWS does not allow/,
    ],
    [
      'keys that differ only in case',
      { team: 'a', Team: 'b' },
      /FunctionRole.*: tags team and Team differ only/,
    ],
    ['an empty value', { team: '' }, /ScheduleGroup.*: the value of tag team is empty/],
  ])('a tag only if every service accepts it: %s', ([, tags, problem]) => {
    const stack = wholeStack();
    for (const [key, value] of Object.entries(tags)) Tags.of(stack).add(key, value);
    if (problem === undefined) expect(() => synthesize(stack)).not.toThrow();
    else expect(() => synthesize(stack)).toThrow(problem);
  });

  test('50 tags on the parameter, those of the stack included, and synth refuses one more', () => {
    const tagsOf = (count: number, name: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}-${i}`, 'x']));
    const tagged = (count: number) => {
      const stack = new Stack(newApp(), 'Test', { tags: tagsOf(30, 'stack') });
      newRefresher(stack);
      for (const [key, value] of Object.entries(tagsOf(count - 30, 'resource')))
        Tags.of(stack).add(key, value, { includeResourceTypes: ['AWS::SSM::Parameter'] });
      return stack;
    };
    expect(() => synthesize(tagged(50))).not.toThrow();
    expect(() => synthesize(tagged(51))).toThrow('with those of the stack, it has 51 tags, AWS allows 50');
  });
});

describe('a refresher', () => {
  const stackWith = (props: Partial<TokenRefresherProps>) => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack, props);
    return stack;
  };

  test('has a parameter name of at most 255 characters, with which every text stays within its limit', () => {
    expect(() => synthesize(wholeStack({ parameterName: nameOf(255) }))).not.toThrow();
    expect(() => wholeStack({ parameterName: nameOf(256) })).toThrow(/parameterName: .*255.*it has 256/);
    expect(() => stackWith({ parameterName: nameOf(256) })).toThrow(
      /^TokenRefresher\.parameterName: .*it has 256/,
    );
  });

  test('with the longest names of settings is within every limit', () => {
    const entry = { ...REQUIRED, parameterName: nameOf(255), notificationEmail: 'on-call@example.com' };
    const name = 'r'.repeat(64);
    const credentialFields = { client_id: 'i'.repeat(128), client_secret: 's'.repeat(128) };
    for (const secret of [{ credentials: 's'.repeat(512) }, {}]) {
      const refreshers = { [name]: { ...entry, ...secret, credentialFields } };
      const settings = readSettings({ refreshers }).get(name);
      if (settings === undefined) throw new Error('no settings');
      const app = newApp();
      new RefresherStack(app, `TokenRefresher-${name}`, settings);
      expect(() => app.synth()).not.toThrow();
    }
  });

  test.for<[string, Partial<TokenRefresherProps>, RegExp]>([
    [
      'scope',
      { scope: 's'.repeat(4096) },
      /environment.variables has \d+ bytes, AWS allows 4096. Shorten .*scope/,
    ],
    [
      'extraParameters',
      { extraParameters: { audience: 'a'.repeat(4096) } },
      /environment.variables has \d+ bytes, AWS allows 4096. .*extraParameters/,
    ],
    [
      'tokenUrl',
      { tokenUrl: `https://auth.example.com/${'t'.repeat(4096)}` },
      /environment.variables has \d+ bytes, AWS allows 4096. .*tokenUrl/,
    ],
    [
      'readers',
      {
        readers: Array.from(
          { length: 700 },
          (_, i) => `arn:aws:iam::111111111111:role/consumer-${i}-of-many`,
        ),
      },
      /keyPolicy has \d+ bytes, AWS allows 32768. .*readers/,
    ],
  ])('with too much in %s is refused at synth with the property to change', ([, props, message]) => {
    expect(() => synthesize(stackWith(props))).toThrow(message);
  });

  test('may have 4096 bytes of environment variables, and synth refuses one more', () => {
    const sizeOf = (length: number) => {
      const [found] = limitProblems(stackWith({ scope: 's'.repeat(length) }));
      return Number(/has (\d+) bytes/.exec(found ?? '')?.[1]);
    };
    const longest = 5000 - (sizeOf(5000) - 4096);
    expect(sizeOf(longest)).toBeNaN();
    expect(sizeOf(longest + 1)).toBe(4097);
  });

  test('accepts as many readers as fit into a key policy of 32768 bytes, and refuses one more', () => {
    const sizeOf = (length: number) => {
      const readers = Array.from({ length }, (_, i) => `arn:aws:iam::111111111111:role/${1000 + i}`);
      const [found] = limitProblems(stackWith({ readers }));
      return Number(/has (\d+) bytes/.exec(found ?? '')?.[1]);
    };
    const perReader = sizeOf(1501) - sizeOf(1500);
    const most = 1500 - Math.ceil((sizeOf(1500) - 32_768) / perReader);
    expect(sizeOf(most)).toBeNaN();
    expect(sizeOf(most + 1)).toBeGreaterThan(32_768);
  });
});
