import {
  type Expected,
  PROVIDERS,
  type Provider,
  type ProviderAnswer,
} from '../test/lambda/refresher/provider-answers.ts';
import { codeLink, table } from './markdown-table.ts';

/** Providers that work, with their settings, as a Markdown table. */
export function renderProviders(): string {
  const rows = PROVIDERS.filter(({ unsupported }) => unsupported === undefined).map((provider) => [
    provider.name,
    [...settingsOf(provider), ...(provider.note === undefined ? [] : [provider.note])].join('<br>') ||
      'nothing',
    provider.answers.map(describe).join('<br>'),
    provider.sources.map(link).join(', '),
  ]);
  return table(['provider', 'set', 'tried', 'seen in'], rows);
}

/** Providers that do not work yet, with the reason, as a Markdown table. */
export function renderUnsupportedProviders(): string {
  const rows = PROVIDERS.flatMap(({ name, unsupported, answers, sources }) =>
    unsupported === undefined
      ? []
      : [[name, unsupported, answers.map(describe).join('<br>'), sources.map(link).join(', ')]],
  );
  return table(['provider', 'why not', 'its answer would be', 'seen in'], rows);
}

function settingsOf({ settings = {} }: Provider): string[] {
  return Object.entries(settings).map(([name, value]) => `\`"${name}": ${JSON.stringify(value)}\``);
}

function describe({ what, expected }: ProviderAnswer): string {
  return `${what} → ${describeOutcome(expected)}`;
}

function describeOutcome(expected: Expected): string {
  if ('code' in expected) return codeLink(expected.code);
  const { lifetime: seconds } = expected;
  const days = seconds / 86_400;
  const lifetime = Number.isInteger(days) ? count(days, 'day') : count(seconds, 'second');
  return expected.isBounded ? `${lifetime}, with a warning` : lifetime;
}

function count(number: number, unit: string): string {
  return `${number.toLocaleString('en-US')} ${unit}${number === 1 ? '' : 's'}`;
}

/** A link to an address, or to a thread of GitHub that is written as `owner/repository#number`. */
function link(source: string): string {
  const [, repository, number] = /^([\w-]+\/[\w.-]+)#(\d+)$/.exec(source) ?? [];
  if (repository === undefined) return `[${new URL(source).host}](${source})`;
  return `[${repository.split('/')[1]}#${number}](https://github.com/${repository}/issues/${number})`;
}
