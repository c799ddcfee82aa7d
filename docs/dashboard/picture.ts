import { metricOf } from '../../test/support/alarms.ts';
import {
  type AlarmProperties,
  type AlarmState,
  alarmTransitions,
} from '../../test/support/cloudwatch-alarm.ts';
import type { LoggedError, Model } from '../../test/support/refresher-model.ts';
import { DAY, simulateDay } from './day.ts';
import { readDefinition, type Widget } from './definition.ts';
import { type Box, card, graph, INK, text } from './draw.ts';
import { linesOf } from './series.ts';

/** Pixels of a unit of the grid, and between the widgets. */
const UNIT = { width: 50, height: 44 };
const GAP = 10;
const NOTHING = { at: [], visibleFrom: [], values: [] };

/** The dashboard of cdk.json's refresher at the end of the simulated day, as SVG. */
export function drawDashboard(): string {
  const { body, alarms } = readDefinition();
  const model = simulateDay({ checkEvery: 300, refreshBefore: 1_800 });
  const widgets = body.widgets.map((widget) => draw(widget, model, alarms));
  const width = UNIT.width * 24 + GAP;
  const height = UNIT.height * Math.max(...body.widgets.map((widget) => widget.y + widget.height)) + GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" role="img" aria-labelledby="title">
<title id="title">The dashboard of a refresher on a day with two outages of its token endpoint, a passing failure and a rate limit: time left with the thresholds, mints and failed runs, requests and time to mint, the last errors</title>
<rect width="${width}" height="${height}" rx="10" fill="#f2f3f3"/>
${widgets.join('\n')}
</svg>
`;
}

function draw(widget: Widget, model: Model, alarms: Readonly<Record<string, AlarmProperties>>): string {
  const box = {
    x: widget.x * UNIT.width + GAP,
    y: widget.y * UNIT.height + GAP,
    width: widget.width * UNIT.width - GAP,
    height: widget.height * UNIT.height - GAP,
  };
  switch (widget.type) {
    case 'text':
      return drawText(box, widget.properties.markdown);
    case 'alarm':
      return drawAlarms(box, widget.properties.title, statesOf(widget.properties.alarms, alarms, model));
    case 'log':
      return drawLog(box, widget.properties.title, model.errors);
    case 'metric': {
      const { title, stacked = false, annotations } = widget.properties;
      const lines = linesOf(widget.properties, model.metrics);
      return graph(box, { title, lines, stacked, annotations: annotations?.horizontal ?? [] });
    }
  }
}

function drawText(box: Box, markdown: string): string {
  const lines = markdown.split('\n\n').map((line, index) => {
    const heading = line.startsWith('# ');
    const content = line.replace(/^# /, '').replaceAll('`', '');
    const style = heading ? { size: 20, weight: 'bold' } : { size: 13, width: box.width - 32 };
    return text(box.x + 16, box.y + 38 + 30 * index, content, style);
  });
  return [card(box), ...lines].join('\n');
}

function statesOf(
  logicalIds: readonly string[],
  alarms: Readonly<Record<string, AlarmProperties>>,
  { metrics }: Model,
): readonly (readonly [string, AlarmState])[] {
  return logicalIds.map((id) => {
    const alarm = alarms[id];
    if (alarm === undefined) throw new Error(`the dashboard shows an alarm ${id} that the template has not`);
    const series = metrics.get(metricOf(alarm)) ?? NOTHING;
    const transitions = alarmTransitions(alarm, series, { ...DAY, extraPeriods: 2 });
    // What CDK puts before and behind the alarm's own id.
    return [id.replace(/^Refresher/, '').replace(/[0-9A-F]{8}$/, ''), transitions.at(-1)?.state ?? 'OK'];
  });
}

function drawAlarms(box: Box, title: string, states: readonly (readonly [string, AlarmState])[]): string {
  const width = (box.width - 32 - 8 * (states.length - 1)) / states.length;
  const tiles = states.map(([name, state], index) => {
    const x = box.x + 16 + index * (width + 8);
    const colors =
      state === 'ALARM' ? { fill: '#fdecea', stroke: '#d13212' } : { fill: '#eaf6ed', stroke: '#1d8102' };
    return [
      `<rect x="${x}" y="${box.y + 42}" width="${width}" height="66" rx="6" fill="${colors.fill}" stroke="${colors.stroke}" stroke-width="1.5"/>`,
      text(x + width / 2, box.y + 70, name, { anchor: 'middle', weight: 'bold' }),
      text(x + width / 2, box.y + 94, state === 'ALARM' ? 'In alarm' : 'OK', {
        anchor: 'middle',
        fill: colors.stroke,
      }),
    ].join('\n');
  });
  return [card(box), text(box.x + 16, box.y + 27, title, { weight: 'bold' }), ...tiles].join('\n');
}

function drawLog(box: Box, title: string, errors: readonly LoggedError[]): string {
  const columns = [box.x + 16, box.x + 170, box.x + 350];
  const row = (y: number, cells: readonly string[], style: object) =>
    cells.map((cell, index) => text(columns[index] ?? 0, y, cell, style)).join('\n');
  const latest = errors.filter(({ at }) => at >= DAY.from).sort((a, b) => b.at - a.at);
  const rows = latest.slice(0, 8).map(({ at, code, message }, index) => {
    const time = new Date(at * 1_000).toISOString().replace('T', ' ').slice(0, 19);
    const width = box.x + box.width - 16 - (columns[2] ?? 0);
    const y = box.y + 76 + index * 21;
    return `${row(y, [time, code], { size: 12 })}\n${text(columns[2] ?? 0, y, message, { size: 12, width })}`;
  });
  return [
    card(box),
    text(box.x + 16, box.y + 27, title, { weight: 'bold' }),
    row(box.y + 52, ['@timestamp', 'code', 'message'], { size: 12, weight: 'bold', fill: INK }),
    ...rows,
  ].join('\n');
}
