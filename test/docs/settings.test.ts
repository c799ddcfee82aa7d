import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { SettingsError } from '../../infra/settings-error.ts';
import { SETTING_NAMES } from '../../infra/settings-schema.ts';

const page = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8');
const [example = ''] = /(?<=```json\n)[\s\S]*?(?=```)/.exec(page) ?? [];

/** Each setting of the table, with its default. */
const rows = [...page.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name = '', byDefault = '']) => [
  name,
  byDefault.replaceAll('`', ''),
]);

test('the table lists every setting in the order of the code', () => {
  expect(rows.map(([name]) => name)).toEqual(SETTING_NAMES);
});

test('the table has the defaults of the code', () => {
  const refreshers = { app: { tokenUrl: 'https://auth.example.com', parameterName: '/a' } };
  const settings = readSettings({ refreshers }).get('app');
  expect(Object.fromEntries(rows)).toMatchObject({
    tokenUrl: 'required',
    parameterName: 'required',
    checkEvery: settings?.checkEvery.toIsoString(),
    refreshBefore: settings?.refreshBefore.toIsoString(),
    dashboard: String(settings?.dashboard),
    logRetention: String(settings?.logRetention),
    architecture: settings?.architecture.name,
  });
});

test('the example of cdk.json is valid', () => {
  const refreshers = JSON.parse(example);
  expect([...readSettings({ refreshers }).keys()]).toEqual(Object.keys(refreshers));
});

test('the example of the command line overrides checkEvery', () => {
  const [, option = '', value] = /-c (\S+)=(\S+)/.exec(page) ?? [];
  const refreshers = { spotnana: { tokenUrl: 'https://auth.example.com', parameterName: '/a' } };
  const settings = readSettings({ refreshers, [option]: value }).get('spotnana');
  expect(settings?.checkEvery.toIsoString()).toBe(value);
});

test('the example of an error is what a synth prints', () => {
  const [, output = ''] = /^```text\n([\s\S]*?)\n```$/m.exec(page) ?? [];
  const spotnana = {
    tokenURL: 'https://auth.example.com/token',
    parameterName: '/spotnana/access-token',
    checkEvery: 'PT90S',
  };
  const act = () => readSettings({ refreshers: { spotnana }, refreshBefore: 'PT1H' });
  expect(act).toThrow(new SettingsError(output.split('\n')));
});
