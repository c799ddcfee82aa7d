import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Column, ROWS } from './aggregate.ts';
import { FIGURES, SHOWN } from './tables.ts';

echarts.use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 960;
const PANEL = { height: 200, gap: 60, top: 120, left: 70, right: 20 } as const;
const LEGEND = { columns: 3, width: 295 } as const;
const NAMES = ROWS.map((row) => row.replaceAll('`', ''));
const INK = '#1f2a37';
const PALE = '#d9dfe7';
/** The refresher in strong colors, the others in pale ones. All differ in lightness too. */
const COLORS = ['#0b6e4f', '#37b58a', '#9a2c2c', '#d9793b', '#5b4b9a', '#2f78b7', '#8a8f99'] as const;

/** Draws the figures of all strategies. The card is white in light and dark pages alike. */
export function drawPicture(columns: readonly Column[]): string {
  const shown = SHOWN.map((group) => columns.find((column) => column.group === group) as Column);
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: heightOf(FIGURES.length),
  });
  const axisLabel = { color: INK, fontSize: 13, interval: 0 };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: [...COLORS],
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    // At fixed places, because the width of a text depends on the viewer's fonts.
    legend: NAMES.map((name, index) => ({
      ...{ data: [name], textStyle: { color: INK, fontSize: 13 } },
      ...{
        left: PANEL.left + (index % LEGEND.columns) * LEGEND.width,
        top: 8 + Math.floor(index / LEGEND.columns) * 24,
      },
    })),
    title: FIGURES.map(({ title, unit }, index) => ({
      text: unit === '' ? title : `${title}, ${unit}`,
      ...{ left: PANEL.left - 5, top: topOf(index) - 30, textStyle: { fontSize: 15, color: INK } },
    })),
    grid: FIGURES.map((_figure, index) => ({
      ...{ left: PANEL.left, right: PANEL.right, top: topOf(index), height: PANEL.height },
    })),
    xAxis: FIGURES.map((_figure, gridIndex) => ({
      ...{ gridIndex, type: 'category' as const, data: [...SHOWN], axisLabel, axisTick: { show: false } },
      axisLine: { lineStyle: { color: INK } },
    })),
    yAxis: FIGURES.map(({ least }, gridIndex) => ({
      ...{
        gridIndex,
        type: 'log' as const,
        min: least,
        startValue: least,
        axisLabel,
        splitLine: { lineStyle: { color: PALE } },
      },
    })),
    series: FIGURES.flatMap(({ value }, index) =>
      ROWS.map((_row, rowIndex) => ({
        ...{ type: 'bar' as const, name: NAMES[rowIndex] as string, xAxisIndex: index, yAxisIndex: index },
        itemStyle: { color: COLORS[rowIndex] as string },
        // A logarithmic axis has no zero: no bar is drawn.
        data: shown.map(({ outcomes }) => {
          const found = outcomes[rowIndex];
          return found === undefined || value(found) === 0 ? null : value(found);
        }),
      })),
    ),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function topOf(index: number): number {
  return PANEL.top + index * (PANEL.height + PANEL.gap);
}

function heightOf(panels: number): number {
  return topOf(panels) - 20;
}
