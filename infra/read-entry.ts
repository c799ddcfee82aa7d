import { z } from 'zod';
import { closestName } from './closest-name.ts';
import { entryPath, problemLine } from './construct/problem-line.ts';
import { combinationProblems } from './setting-combinations.ts';
import { type RefresherSettings, SETTING_NAMES, settingsSchema } from './settings-schema.ts';
import { typeRule } from './type-rule.ts';

type Values = Readonly<Record<string, unknown>>;

export type ReadEntry =
  | { readonly settings: RefresherSettings; readonly problems?: never }
  | { readonly settings?: never; readonly problems: readonly string[] };

/** What a message shows if the setting is absent. */
const DEFAULTS: Values = Object.fromEntries(
  (['checkEvery', 'refreshBefore'] as const).map((name) => [
    name,
    settingsSchema.shape[name].def.defaultValue,
  ]),
);

/** Reads an entry of `context.refreshers` setting by setting, so that no problem hides another. */
export function readEntry(name: string, entry: unknown, overrides: Values): ReadEntry {
  const isObject = z.record(z.string(), z.unknown()).safeParse(entry);
  if (!isObject.success) {
    const rule = 'it must be an object with the settings of a refresher';
    return { problems: [problemLine(`context.refreshers.${name}`, 'refreshers', entry, rule)] };
  }
  const values: Values = { ...isObject.data, ...overrides };
  const given = new Set(Object.keys(values).filter((key) => values[key] !== undefined));
  const unknown = [...given].filter((key) => !SETTING_NAMES.some((setting) => setting === key));
  const meant = unknown.map((key) => closestName(key, SETTING_NAMES));
  const problems = unknown.map((key, index) => unknownSetting(name, key, meant[index]));

  const settings: Record<string, unknown> = {};
  for (const setting of SETTING_NAMES) {
    const type: z.ZodType = settingsSchema.shape[setting];
    const parsed = type.safeParse(values[setting], { error: typeRule });
    if (parsed.success) settings[setting] = parsed.data;
    // A mistyped name is one mistake, so it gets one line.
    else if (given.has(setting) || !meant.includes(setting))
      problems.push(...parsed.error.issues.map((issue) => issueLine(name, setting, issue, values[setting])));
  }
  for (const [setting, rule] of combinationProblems(settings, given)) {
    const line = problemLine(`${name}.${setting}`, setting, values[setting] ?? DEFAULTS[setting], rule);
    problems.push(given.has(setting) ? line : line.replace('; ', ', the default; '));
  }
  return problems.length === 0 ? { settings: settings as RefresherSettings } : { problems };
}

function unknownSetting(name: string, key: string, meant: string | undefined): string {
  const path = `${name}.${key}: `;
  if (/client.?(id|secret)|password/i.test(key))
    return `${path}credentials do not belong in cdk.json. Deploy, then run: npm run token-refresher -- set-credentials ${name}`;
  if (meant !== undefined) return `${path}there is no such setting. Did you mean ${meant}?`;
  const [parent = ''] = key.split('.');
  if (parent !== key && SETTING_NAMES.some((setting) => setting === parent))
    return `${path}there is no such setting. Set ${parent} as a whole: -c ${name}.${parent}=…`;
  return `${path}there is no such setting. The settings are ${SETTING_NAMES.join(', ')}`;
}

function issueLine(name: string, setting: string, issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.reduce<string>(entryPath, `${name}.${setting}`);
  if (issue.code === 'custom' && issue.params?.about === 'name') return `${path}: ${issue.message}`;
  const found = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], value);
  return problemLine(path, setting, found, issue.message);
}
