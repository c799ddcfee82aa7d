import { closestName, isSameName } from './closest-name.ts';
import { settingsJsonSchema } from './settings-json-schema.ts';
import { SETTING_NAMES, type SettingName, settingsSchema } from './settings-schema.ts';

type Values = Readonly<Record<string, unknown>>;

const SCHEMAS = settingsJsonSchema().properties;

/** The overrides of a refresher on the command line: `-c name.setting=value`. */
export function overridesOf(name: string, context: Values): Values {
  const prefix = `${name}.`;
  const own = Object.entries(context).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(
    own.map(([key, value]) => {
      const setting = key.slice(prefix.length);
      return [setting, typeof value === 'string' ? fromCommandLine(setting, value) : value];
    }),
  );
}

/** On the command line, every value is text: items are separated by spaces, and an object is written as JSON. */
function fromCommandLine(setting: string, text: string): unknown {
  const type = SCHEMAS[setting]?.type;
  if (type === 'array') return text.split(/\s+/).filter(Boolean);
  return type === 'string' ? text : parsed(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Names that other apps use too, such as `-c environment=prod`. */
const COMMON_NAMES: readonly SettingName[] = [
  'credentials',
  'scope',
  'encryptionKey',
  'readers',
  'notificationEmail',
  'notificationTopic',
  'environment',
  'layers',
  'dashboard',
  'role',
  'tags',
  'vpc',
  'vpcSubnets',
  'securityGroups',
  'logRetention',
  'architecture',
];

/** A line for each context key that was meant as an override and matches no refresher. CDK would ignore it. */
export function strayOverrides(context: Values, names: readonly string[]): string[] {
  return Object.entries(context).flatMap(([key, value]) => {
    const written = key.replace(/^(context\.)?refreshers\./, '');
    const parts = written.split(/[.:/]/);
    const [first = '', second = ''] = parts;
    if (parts.length === 1) return withoutPrefix(first, value, names);
    const isDotted = written === `${first}.${second}`;
    const isKnown = names.includes(first);
    // An override that matches is read with its entry. Other tools separate names with a colon or a slash.
    if (parts.length > 2 || (isKnown ? key === `${first}.${second}` : !isDotted)) return [];
    const setting = meantSetting(second, value);
    if (setting === undefined) return [];
    const refresher = isKnown ? first : closestName(first, names);
    if (refresher === undefined)
      return [`${key}: there is no refresher "${first}". The refreshers of cdk.json are ${names.join(', ')}`];
    return [`${key}: it has no effect. Did you mean -c ${refresher}.${setting}?`];
  });
}

function withoutPrefix(name: string, value: unknown, names: readonly string[]): string[] {
  const setting = meantSetting(name, value);
  // A name that is only close could be one of the user's own, unless its value fits too.
  if (setting === undefined || !(isSameName(name, setting) || fits(setting, value))) return [];
  return [
    `${name}: it has no effect without the name of a refresher. Write ${names.map((refresher) => `-c ${refresher}.${setting}=…`).join(' or ')}`,
  ];
}

/** The setting that a name stands for. A common name is one only with a value that the setting accepts. */
function meantSetting(name: string, value: unknown): SettingName | undefined {
  const common = COMMON_NAMES.find((word) => word === name);
  if (common === undefined)
    return closestName(
      name,
      SETTING_NAMES.filter((setting) => !COMMON_NAMES.includes(setting)),
    ) as SettingName | undefined;
  return fits(common, value) ? common : undefined;
}

/** Whether a value of the command line is one that the setting accepts. */
function fits(setting: SettingName, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return settingsSchema.shape[setting].safeParse(fromCommandLine(setting, value)).success;
}
