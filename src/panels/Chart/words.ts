import { formatChange, formatCompact, formatPercent, formatPrice, formatSize } from '@/composables/format';
import type { ChartHole, ChartModel } from '@/core/market/chartBars';
import { zonedTime, type ZoneClock } from '@/core/market/chartTime';
import type { Candle } from '@/core/market/outputs';
import { spanWords } from './geometry';
import { INTERVAL_WORDS } from './intervalWords';

/** A candle in figures, as the legend shows it. */
export interface CandleFigures {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly change: string;
  readonly side: 'up' | 'down' | '';
}

export function figuresOf({ open, high, low, close, volume }: Candle, before: Candle | null, decimals: number): CandleFigures {
  const price = (value: number): string => formatPrice(value, decimals);
  // From the close before: what happened between two candles counts too.
  const base = before?.close ?? open;
  const change = close - base;
  return {
    open: price(open), high: price(high), low: price(low), close: price(close), volume: volume === 0 ? '0' : volume < 1_000 ? formatSize(volume, 4) : formatCompact(volume),
    change: `${formatChange(change, decimals)} (${formatPercent(base === 0 ? null : (100 * change) / base)})`, side: change > 0 ? 'up' : change < 0 ? 'down' : '',
  };
}

export function holeWords({ from, to, kind, missing, cause }: ChartHole, clock: ZoneClock): string {
  const span = `${zonedTime(from, clock)} to ${zonedTime(to, clock)}`;
  if (kind === 'closed') return `Market closed: ${span}`;
  const what = `${span}, ${spanWords(to - from)}, ${missing === 1 ? '1 candle' : `${missing.toLocaleString('en-US')} candles`}`;
  if (!cause) return `No candle: ${what}. No trade is known`;
  return `Not received: ${what}. ${[cause.reason, cause.note].filter((text) => text !== '').map((text) => text.charAt(0).toUpperCase() + text.slice(1)).join('. ')}. ${cause.state === 'open' ? 'It is being loaded' : 'It cannot be had'}`;
}

/** What is in sight, for people who do not see it. */
export function summaryOf(model: ChartModel, from: number, to: number, { symbol, decimals, clock }: { readonly symbol: string; readonly decimals: number; readonly clock: ZoneClock }): string {
  const seen = model.points.slice(Math.max(0, Math.ceil(from)), Math.max(0, Math.floor(to) + 1)).flatMap(({ candle }) => (candle ? [candle] : []));
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last) return `${symbol}: no candles in sight.`;
  const high = seen.reduce((a, c) => (c.high > a.high ? c : a));
  const low = seen.reduce((a, c) => (c.low < a.low ? c : a));
  const gaps = model.holes.filter((hole) => hole.kind === 'gap' && hole.end > from && hole.start < to).length;
  const price = (value: number): string => formatPrice(value, decimals);
  return `${symbol}, candles of ${INTERVAL_WORDS[model.interval]}: ${String(seen.length)} in sight, ${zonedTime(first.openTime, clock)} to ${zonedTime(last.openTime, clock)}. `
    + `From ${price(first.open)} to ${price(last.close)}, ${formatPercent((100 * (last.close - first.open)) / first.open)}. Highest ${price(high.high)} at ${zonedTime(high.openTime, clock)}, `
    + `lowest ${price(low.low)} at ${zonedTime(low.openTime, clock)}. ${gaps === 0 ? 'No holes.' : gaps === 1 ? 'One hole.' : `${String(gaps)} holes.`}`;
}

/** Time until a candle closes: `0:42`, `3:07:00`, `14 h`; empty when it is over and nothing was traded since. */
export function countdown(openTime: number, length: number, now: number): string {
  const left = Math.ceil((openTime + length - now) / 1_000);
  if (left <= 0 || left > length / 1_000 + 1) return '';
  if (left >= 36_000) return `${String(Math.floor(left / 3_600))} h`;
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(left / 3_600), Math.floor(left / 60) % 60, left % 60];
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${two(seconds)}` : `${String(minutes)}:${two(seconds)}`;
}
