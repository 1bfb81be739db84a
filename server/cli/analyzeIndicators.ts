import { REFERENCE_SET } from '@/core/analysis/indicators/registry';
import { overCandles, twelveDigits, type CandleFile } from './analyzeInput';

/**
 * `analyze -- indicators --candles FILE.csv[.gz] [--no-volume]`: every indicator at every candle as CSV, columns and format of the
 * reference set. Those made of volume are left out when no candle has any, or by `--no-volume`.
 */
export const indicators = overCandles(indicatorTable);

/** One line per candle: its number, its open time and the value of each column. */
export function indicatorTable({ candles }: CandleFile, withVolume: boolean): string {
  const parts = REFERENCE_SET.filter(({ spec }) => withVolume || !spec.volume).map(({ spec, params }) => ({ columns: spec.columns(params).map(({ name }) => name), indicator: spec.create(params) }));
  const lines = [['i', 't', ...parts.flatMap(({ columns }) => columns)].join(',')];
  for (const [i, candle] of candles.entries()) {
    const cells = parts.flatMap(({ indicator }) => Array.from(indicator.next(candle), twelveDigits));
    lines.push([i, candle.openTime, ...cells].join(','));
  }
  return `${lines.join('\n')}\n`;
}
