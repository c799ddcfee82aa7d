import { RECOVERIES } from '../test/lambda/reader/recoveries.ts';
import { table } from './markdown-table.ts';

/** How long fleets of readers need after an outage, as a Markdown table. */
export function renderRecoveries(): string {
  const sizes = RECOVERIES[0]?.fleets.map(({ containers }) => containers) ?? [];
  const head = [
    'outage',
    ...sizes.map((size) => `${size.toLocaleString('en-US')} ${size === 1 ? 'container' : 'containers'}`),
  ];
  return table(
    head,
    RECOVERIES.map(({ outage, fleets }) => [outage, ...fleets.map(({ all }) => `${all} s`)]),
  );
}
