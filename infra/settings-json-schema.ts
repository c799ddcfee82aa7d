import { z } from 'zod';
import { EXCLUDES, NEEDS } from './setting-combinations.ts';
import { settingsSchema } from './settings-schema.ts';

export interface SettingJsonSchema {
  readonly type?: string;
  readonly [keyword: string]: unknown;
}

export interface SettingsJsonSchema {
  readonly properties: Readonly<Record<string, SettingJsonSchema>>;
  readonly [keyword: string]: unknown;
}

/** The JSON Schema of one entry of `context.refreshers`. Draft 7, because that is what editors support best. */
export function settingsJsonSchema(): SettingsJsonSchema {
  const draft = { io: 'input', target: 'draft-07' } as const;
  const { $schema: _, properties = {}, ...schema } = z.toJSONSchema(settingsSchema, draft);
  return {
    ...schema,
    properties: properties as SettingsJsonSchema['properties'],
    dependencies: Object.fromEntries([
      ...NEEDS.map(([setting, needed]) => [setting, [needed]]),
      ...EXCLUDES.map(([setting, other]) => [setting, { not: { required: [other] } }]),
    ]),
  };
}
