import { baseOptions, drawn, numberAxis, timeAxis, type ChartMaker } from './chartBase';

export interface HistoryPoint {
  /** ms since epoch. */
  readonly t: number;
  /** Mood 0..100; null breaks the line. */
  readonly mood: number | null;
  /** Net breadth -1..1. */
  readonly net: number | null;
}

/** Mood as a line above net breadth as bars. */
export const createHistoryChart: ChartMaker<readonly HistoryPoint[]> = (canvas, style) => drawn(
  canvas,
  {
    ...baseOptions(style, { callbacks: { title: (items) => (items[0] ? style.moment(items[0].parsed.x ?? 0) : '') } }),
    scales: {
      x: timeAxis(style),
      mood: { ...numberAxis(style, (value) => (value > 0 ? String(value) : ''), 50), position: 'right', stack: 'y', stackWeight: 3, min: 0, max: 100 },
      net: { ...numberAxis(style, (value) => (value === 0 ? '0' : ''), 1), position: 'right', stack: 'y', stackWeight: 2, min: -1, max: 1 },
    },
  },
  (points) => ({
    datasets: [
      { type: 'line', label: 'Mood', yAxisID: 'mood', data: points.map((p) => ({ x: p.t, y: p.mood })), borderColor: style.line, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, spanGaps: false, tension: 0 },
      { type: 'bar', label: 'Net breadth', yAxisID: 'net', data: points.map((p) => ({ x: p.t, y: p.net })), backgroundColor: points.map((p) => ((p.net ?? 0) >= 0 ? style.up : style.down)), barThickness: 2 },
    ],
  }),
  (points) => [points[0]?.t, points.at(-1)?.t],
);
