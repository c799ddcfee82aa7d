import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { SETTING_NAMES } from '../../infra/settings-schema.ts';
import { renderSettingsSchema, SETTINGS_SCHEMA } from '../../scripts/settings-schema.ts';
import { VALID_SETTINGS } from './valid-settings.ts';
import { REQUIRED, WRONG_SETTINGS } from './wrong-settings.ts';

const text = await readFile(new URL(`../../${SETTINGS_SCHEMA}`, import.meta.url), 'utf8');
const schema = JSON.parse(text);
const validate = new Ajv({ validateFormats: false }).compile(schema);

/** Whether an editor accepts cdk.json with these settings. JSON leaves out what is undefined. */
const accepts = (entry: object): boolean =>
  validate(JSON.parse(JSON.stringify({ context: { refreshers: { app: entry } } })));

describe('the JSON Schema of cdk.json', () => {
  test('is what npm run docs generates from the checks', async () => {
    expect(text).toBe(await renderSettingsSchema());
  });

  test('is the one that cdk.json names, and accepts cdk.json', () => {
    expect(cdkJson.$schema).toBe(`./${SETTINGS_SCHEMA}`);
    expect(validate(cdkJson)).toBe(true);
  });

  test('describes every setting, for the completion in an editor', () => {
    const { properties } = schema.properties.context.properties.refreshers.additionalProperties;
    expect(Object.keys(properties)).toEqual(SETTING_NAMES);
    for (const { description } of Object.values<{ description: string }>(properties))
      expect(description).toMatch(/^[A-Z][^`[\]|]+\. Allowed: .+\. Default: .+\.$/);
  });

  test('is tested with a valid value of every setting', () => {
    expect([...new Set(VALID_SETTINGS.map(([setting]) => setting))]).toEqual(SETTING_NAMES);
  });

  test.for(VALID_SETTINGS)('accepts %s %j, as a synth does', ([setting, value, others]) => {
    const entry = { ...REQUIRED, ...others, [setting]: value };
    expect(() => readSettings({ refreshers: { app: entry } })).not.toThrow();
    expect(accepts(entry)).toBe(true);
  });

  test.for(WRONG_SETTINGS.filter(([, , by]) => by === 'editor'))('refuses %s', ([, entry]) => {
    expect(accepts({ ...REQUIRED, ...entry })).toBe(false);
  });

  test.for(WRONG_SETTINGS.filter(([, , by]) => by === 'synth'))('leaves %s to a synth', ([, entry]) => {
    expect(accepts({ ...REQUIRED, ...entry })).toBe(true);
  });
});
