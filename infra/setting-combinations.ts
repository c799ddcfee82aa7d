import {
  DEFAULT_CHECK_EVERY,
  defaultLifetimeProblem,
  policyProblem,
  READERS_WITH_KEY,
} from './construct/property-rules.ts';
import type { RefresherSettings, SettingName } from './settings-schema.ts';

/** Settings that have no effect without another one. */
export const NEEDS: readonly (readonly [setting: SettingName, needed: SettingName])[] = [
  ['credentialsKey', 'credentials'],
  ['vpc', 'vpcSubnets'],
  ['vpcSubnets', 'vpc'],
  ['securityGroups', 'vpc'],
];

/** Settings that exclude another one. */
export const EXCLUDES: readonly (readonly [setting: SettingName, other: SettingName, rule: string])[] = [
  ['readers', 'encryptionKey', READERS_WITH_KEY],
  [
    'notificationEmail',
    'notificationTopic',
    'it cannot be combined with notificationTopic. Subscribe the address to the topic instead',
  ],
];

/** What is wrong with settings that are valid on their own. `given` holds the names of all settings, valid or not. */
export function combinationProblems(
  settings: Partial<RefresherSettings>,
  given: ReadonlySet<string>,
): (readonly [setting: SettingName, rule: string])[] {
  const { checkEvery, refreshBefore, defaultLifetime } = settings;
  const policy = checkEvery && refreshBefore && policyProblem(checkEvery, refreshBefore);
  const lifetime =
    defaultLifetime && defaultLifetimeProblem(defaultLifetime, checkEvery ?? DEFAULT_CHECK_EVERY);
  return [
    ...(policy ? [[policy.property, policy.text] as const] : []),
    ...(lifetime === undefined ? [] : [['defaultLifetime', lifetime] as const]),
    ...NEEDS.filter(([setting, needed]) => given.has(setting) && !given.has(needed)).map(
      ([setting, needed]) => [setting, `it has no effect without ${needed}. Set ${needed} too`] as const,
    ),
    ...EXCLUDES.filter(([setting, other]) => given.has(setting) && given.has(other)).map(
      ([setting, , rule]) => [setting, rule] as const,
    ),
  ];
}
