import type { CalibrationBin } from '@/core/contract';
import { baseOptions, drawn, numberAxis, type ChartMaker } from './chartBase';

const percent = (share: number): string => `${String(Math.round(share * 100))}%`;

/** Reliability diagram: share of rises against the stated probability, the diagonal of perfect calibration, and how many forecasts each bin holds. */
export const createCalibrationChart: ChartMaker<readonly CalibrationBin[]> = (canvas, style) => drawn(
  canvas,
  {
    ...baseOptions(style, { filter: (item) => item.dataset.label !== 'Perfect', callbacks: {
      title: (items) => (items[0] ? `Stated ${percent(items[0].parsed.x ?? 0)}` : ''), label: (item) => (item.dataset.label === 'Forecasts' ? `${String(item.parsed.y ?? 0)} forecasts` : `Rose ${percent(item.parsed.y ?? 0)}`),
    } }),
    interaction: { mode: 'nearest', intersect: false, axis: 'x' },
    scales: {
      x: { ...numberAxis(style, percent, 0.25), offset: false, min: 0, max: 1 },
      y: { ...numberAxis(style, percent, 0.25), position: 'right', stack: 'y', stackWeight: 4, min: 0, max: 1 },
      n: { ...numberAxis(style, () => ''), position: 'right', stack: 'y', stackWeight: 1, min: 0, grid: { display: false } },
    },
  },
  (bins) => {
    const seen = bins.filter((bin) => bin.n > 0 && bin.meanP !== null);
    return {
      datasets: [
        { type: 'line', label: 'Perfect', yAxisID: 'y', data: [{ x: 0, y: 0 }, { x: 1, y: 1 }], borderColor: style.second, borderDash: [4, 4], borderWidth: 1, pointRadius: 0, pointHitRadius: 0 },
        { type: 'line', label: 'Rose', yAxisID: 'y', data: seen.map((bin) => ({ x: bin.meanP ?? 0, y: bin.up })), borderColor: style.line, backgroundColor: style.line, borderWidth: 1.5, pointRadius: seen.map((bin) => (bin.n < 30 ? 2 : 4)), tension: 0 },
        { type: 'bar', label: 'Forecasts', yAxisID: 'n', data: bins.map((bin) => ({ x: (bin.lo + bin.hi) / 2, y: bin.n })), backgroundColor: style.second, barThickness: 10 },
      ],
    };
  },
);
