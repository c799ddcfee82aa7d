import { expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { PROVIDERS } from '../lambda/refresher/provider-answers.ts';

test.for(PROVIDERS.map(({ name, settings = {} }) => [name, settings] as const))(
  'the settings of %s are valid',
  ([, settings]) => {
    const required = { tokenUrl: 'https://auth.example.com/token', parameterName: '/provider/token' };
    expect(readSettings({ refreshers: { provider: { ...required, ...settings } } }).size).toBe(1);
  },
);

test.for(PROVIDERS.map((provider) => [provider.name, provider] as const))(
  'the entry of %s has answers and sources, and works unless it says why not',
  ([, { answers, sources, unsupported }]) => {
    expect(sources.length).toBeGreaterThan(0);
    expect(answers.length).toBeGreaterThan(0);
    if (unsupported !== undefined) return;
    expect(answers.some(({ expected }) => 'lifetime' in expected)).toBe(true);
  },
);
