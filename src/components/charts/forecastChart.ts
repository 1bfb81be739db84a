import { baseOptions, drawn, numberAxis, timeAxis, type ChartMaker } from './chartBase';

export interface ForecastPoint {
  /** Time of the forecast, ms. */
  readonly t: number;
  readonly pUp: number;
  /** What the price did until its horizon: 1 rose, -1 fell, 0 neither, null not known (yet). */
  readonly move: -1 | 0 | 1 | null;
}

const EDGE = 0.02;

/** P(up) as a line around one half; triangles at the upper edge where the price then rose, at the lower one where it fell. */
export const createForecastChart: ChartMaker<readonly ForecastPoint[]> = (canvas, style) => {
  const span = (points: readonly ForecastPoint[]): number => Math.max(0.05, ...points.map((p) => Math.abs(p.pUp - 0.5))) * 1.3;
  const marks = (points: readonly ForecastPoint[], move: -1 | 1): { x: number; y: number | null }[] =>
    points.map((p) => ({ x: p.t, y: p.move === move ? 0.5 + move * span(points) * (1 - EDGE) : null }));
  const triangle = (label: string, move: -1 | 1, points: readonly ForecastPoint[]) =>
    ({ type: 'line' as const, label, data: marks(points, move), showLine: false, pointStyle: 'triangle' as const, rotation: move > 0 ? 0 : 180, pointRadius: 3, pointHitRadius: 0, backgroundColor: move > 0 ? style.up : style.down, borderColor: move > 0 ? style.up : style.down });
  return drawn(
    canvas,
    {
      ...baseOptions(style, { filter: (item) => item.datasetIndex === 0, callbacks: { title: (items) => (items[0] ? style.moment(items[0].parsed.x ?? 0) : ''), label: (item) => `P(up) ${((item.parsed.y ?? 0) * 100).toFixed(1)}%` } }),
      scales: { x: timeAxis(style), y: { ...numberAxis(style, (value) => `${(value * 100).toFixed(0)}%`), position: 'right' } },
    },
    (points) => ({
      datasets: [
        { type: 'line', label: 'P(up)', data: points.map((p) => ({ x: p.t, y: p.pUp })), borderColor: style.line, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 6, tension: 0 },
        { type: 'line', label: 'Even', data: points.map((p) => ({ x: p.t, y: 0.5 })), borderColor: style.second, borderDash: [4, 4], borderWidth: 1, pointRadius: 0, pointHitRadius: 0 },
        triangle('Rose', 1, points), triangle('Fell', -1, points),
      ],
    }),
    (points) => [points[0]?.t, points.at(-1)?.t],
  );
};
