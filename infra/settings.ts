import { z } from 'zod';
import { claimParameterName } from '../lambda/shared/refresher-environment.ts';
import { problemLine } from './construct/problem-line.ts';
import { overridesOf, strayOverrides } from './overrides.ts';
import { readEntry } from './read-entry.ts';
import { roleContextProblems } from './role-context.ts';
import { SettingsError } from './settings-error.ts';
import type { RefresherSettings } from './settings-schema.ts';

const REFRESHER_NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,63}$/;

const entriesSchema = z
  .record(z.string(), z.unknown())
  .refine((refreshers) => Object.keys(refreshers).length > 0);

type Values = Readonly<Record<string, unknown>>;

export type { RefresherSettings };

/**
 * Reads the settings of each refresher from the app's context, with overrides from the command line (`-c name.key=value`).
 * @throws SettingsError with a line for every problem: the setting, the value found, and what is allowed
 */
export function readSettings(context: Values): ReadonlyMap<string, RefresherSettings> {
  const entries = entriesSchema.safeParse(context.refreshers);
  if (!entries.success) {
    const rule =
      'it must map at least one name to its settings, for example {"spotnana": {"tokenUrl": "https://…", "parameterName": "/…"}}';
    throw new SettingsError([problemLine('context.refreshers', 'refreshers', context.refreshers, rule)]);
  }
  const names = Object.keys(entries.data);
  const settings = new Map<string, RefresherSettings>();
  const problems = names.filter((name) => !REFRESHER_NAME.test(name)).map(nameProblem);
  for (const [name, entry] of Object.entries(entries.data)) {
    const read = readEntry(name, entry, overridesOf(name, context));
    if (read.settings === undefined) problems.push(...read.problems);
    else settings.set(name, read.settings);
  }
  problems.push(
    ...roleContextProblems(context),
    ...sharedParameters(settings),
    ...strayOverrides(context, names),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function nameProblem(name: string): string {
  const rule = 'a name must begin with a letter and have at most 64 letters, digits and hyphens';
  return problemLine('context.refreshers', 'name', name, rule);
}

/** Two refreshers of the same parameter would replace each other's token at every check. */
function sharedParameters(settings: ReadonlyMap<string, RefresherSettings>): string[] {
  return [...settings].flatMap(([name, { parameterName }]) => {
    const others = [...settings].filter(([other]) => other !== name);
    const line = (rule: string) => [
      problemLine(`${name}.parameterName`, 'parameterName', parameterName, `${rule}. Choose another name`),
    ];
    const owner = others.find(([, other]) => other.parameterName === parameterName);
    if (owner !== undefined) return line(`it is also the parameter of ${owner[0]}`);
    const claimant = others.find(([, other]) => claimParameterName(other.parameterName) === parameterName);
    return claimant === undefined ? [] : line(`it is the claim of ${claimant[0]}`);
  });
}
