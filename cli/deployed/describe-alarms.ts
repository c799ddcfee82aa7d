import type { Alarm } from './read-alarms.ts';

const STATE_NAMES = { alarm: 'in alarm', 'no-data': 'no data', gone: 'deleted' } as const;

/** One line, such as `3 ok; in alarm: RefreshFailing`. */
export function describeAlarms(alarms: readonly Alarm[]): string {
  if (alarms.length === 0) return 'none';
  const labels = (state: Alarm['state']) =>
    alarms.filter((alarm) => alarm.state === state).map(({ label }) => label);
  const ok = labels('ok').length;
  return [
    ...(ok > 0 ? [`${ok} ok`] : []),
    ...(['alarm', 'no-data', 'gone'] as const)
      .filter((state) => labels(state).length > 0)
      .map((state) => `${STATE_NAMES[state]}: ${labels(state).join(', ')}`),
  ].join('; ');
}
