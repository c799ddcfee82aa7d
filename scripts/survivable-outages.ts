import { survivableOutage } from '../lambda/shared/survivable-outage.ts';
import { table } from './markdown-table.ts';

/** Settings and lifetimes of tokens, in minutes. The first are the defaults with one-hour tokens. */
const ROWS = [
  { checkEvery: 5, refreshBefore: 30, lifetime: 60 },
  { checkEvery: 1, refreshBefore: 30, lifetime: 60 },
  { checkEvery: 5, refreshBefore: 30, lifetime: 30 },
  { checkEvery: 1, refreshBefore: 30, lifetime: 10 },
  { checkEvery: 5, refreshBefore: 30, lifetime: 10 },
  { checkEvery: 5, refreshBefore: 60, lifetime: 120 },
  { checkEvery: 13, refreshBefore: 60, lifetime: 120 },
  { checkEvery: 15, refreshBefore: 60, lifetime: 120 },
  { checkEvery: 60, refreshBefore: 240, lifetime: 1_440 },
  { checkEvery: 60, refreshBefore: 1_440, lifetime: 2_880 },
] as const;

/** What some settings survive, as a Markdown table. */
export function renderSurvivableOutages(): string {
  const rows = ROWS.map(({ checkEvery, refreshBefore, lifetime }) => {
    const policy = { checkEvery: checkEvery * 60, refreshBefore: refreshBefore * 60 };
    const survived = Math.floor(survivableOutage(lifetime * 60, policy) / 60);
    return [iso(checkEvery), iso(refreshBefore), text(lifetime), survived === 0 ? 'none' : text(survived)];
  });
  return table(['`checkEvery`', '`refreshBefore`', 'lifetime of a token', 'longest outage'], rows);
}

function iso(minutes: number): string {
  return minutes % 60 === 0 ? `\`PT${minutes / 60}H\`` : `\`PT${minutes}M\``;
}

function text(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts = [...(hours > 0 ? [`${hours} h`] : []), ...(rest > 0 || hours === 0 ? [`${rest} min`] : [])];
  return parts.join(' ');
}
