import type { EquityPoint } from '@/core/contract';
import { baseOptions, drawn, numberAxis, timeAxis, type ChartMaker, type MixedConfig } from './chartBase';

/** Running sums in R: the signals, as many random entries (dashed), holding (dotted). Told apart by dash as well as by shade. */
export const createEquityChart: ChartMaker<readonly EquityPoint[]> = (canvas, style) => {
  const line = (label: string, column: 1 | 2 | 3, points: readonly EquityPoint[], look: { borderColor: string; borderDash: number[]; borderWidth: number }): MixedConfig['data']['datasets'][number] =>
    ({ type: 'line', label, data: points.map((p) => ({ x: p[0], y: p[column] })), pointRadius: 0, pointHitRadius: 6, tension: 0, ...look });
  return drawn(
    canvas,
    {
      ...baseOptions(style, { callbacks: { title: (items) => (items[0] ? style.moment(items[0].parsed.x ?? 0) : ''), label: (item) => `${item.dataset.label ?? ''} ${(item.parsed.y ?? 0).toFixed(1)} R` } }),
      scales: { x: timeAxis(style), y: { ...numberAxis(style, (value) => `${String(value).replace('-', '\u2212')} R`), position: 'right' } },
    },
    (points) => ({
      datasets: [
        line('Signals', 1, points, { borderColor: style.line, borderDash: [], borderWidth: 1.8 }),
        line('Random entries', 2, points, { borderColor: style.third, borderDash: [5, 3], borderWidth: 1.5 }),
        line('Holding', 3, points, { borderColor: style.second, borderDash: [1, 3], borderWidth: 1.5 }),
      ],
    }),
    (points) => [points[0]?.[0], points.at(-1)?.[0]],
  );
};
