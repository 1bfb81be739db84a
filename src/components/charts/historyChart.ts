import { BarController, BarElement, Chart, Filler, LinearScale, LineController, LineElement, PointElement, Tooltip, type ChartConfiguration, type Scale } from 'chart.js';

// Only the parts in use: the whole library is twice the size.
Chart.register(BarController, BarElement, Filler, LinearScale, LineController, LineElement, PointElement, Tooltip);

export interface HistoryPoint {
  /** ms since epoch. */
  readonly t: number;
  /** Mood 0..100; null breaks the line. */
  readonly mood: number | null;
  /** Net breadth -1..1. */
  readonly net: number | null;
}
export interface HistoryStyle {
  readonly line: string;
  readonly up: string;
  readonly down: string;
  readonly grid: string;
  readonly text: string;
  readonly panel: string;
  readonly font: string;
  /** Writes a time for the axis and the tooltip. */
  readonly time: (t: number) => string;
}
export interface HistoryChart {
  update(points: readonly HistoryPoint[]): void;
  destroy(): void;
}

type Config = ChartConfiguration<'bar' | 'line', { x: number; y: number | null }[]>;

function dataOf(points: readonly HistoryPoint[], style: HistoryStyle): Config['data'] {
  return {
    datasets: [
      { type: 'line', label: 'Mood', yAxisID: 'mood', data: points.map((p) => ({ x: p.t, y: p.mood })), borderColor: style.line, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, spanGaps: false, tension: 0 },
      { type: 'bar', label: 'Net breadth', yAxisID: 'net', data: points.map((p) => ({ x: p.t, y: p.net })), backgroundColor: points.map((p) => ((p.net ?? 0) >= 0 ? style.up : style.down)), barThickness: 2 },
    ],
  };
}

/** Times at the quarters of the axis: round numbers of milliseconds are no round times. */
function evenTicks(axis: Scale): void {
  axis.ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => ({ value: axis.min + part * (axis.max - axis.min) }));
}

/** Chart.js is touched in this file only: mood as a line above net breadth as bars, one linear time axis with our own labels. */
export function createHistoryChart(canvas: HTMLCanvasElement, style: HistoryStyle): HistoryChart {
  const font = { family: style.font, size: 11 };
  const config: Config = {
    type: 'line',
    data: dataOf([], style),
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: { type: 'linear', offset: false, grid: { color: style.grid, offset: false }, border: { display: false }, afterBuildTicks: evenTicks, ticks: { color: style.text, font, maxRotation: 0, align: 'inner', callback: (value) => style.time(Number(value)) } },
        mood: { position: 'right', stack: 'y', stackWeight: 3, min: 0, max: 100, grid: { color: style.grid }, border: { display: false }, ticks: { color: style.text, font, stepSize: 50, callback: (value) => (Number(value) > 0 ? String(value) : '') } },
        net: { position: 'right', stack: 'y', stackWeight: 2, min: -1, max: 1, grid: { color: style.grid }, border: { display: false }, ticks: { color: style.text, font, stepSize: 1, callback: (value) => (Number(value) === 0 ? '0' : '') } },
      },
      plugins: {
        legend: { display: false },
        tooltip: { animation: false, backgroundColor: style.panel, borderColor: style.grid, borderWidth: 1, titleColor: style.text, bodyColor: style.line, titleFont: font, bodyFont: font, displayColors: false, cornerRadius: 3, callbacks: { title: (items) => (items[0] ? style.time(items[0].parsed.x ?? 0) : '') } },
      },
    },
  };
  const chart = new Chart(canvas, config);
  return {
    update(points) {
      chart.data = dataOf(points, style);
      const x = chart.options.scales?.['x'];
      if (x) {
        x.min = points[0]?.t;
        x.max = points.at(-1)?.t;
      }
      chart.update('none');
    },
    destroy: () => chart.destroy(),
  };
}
