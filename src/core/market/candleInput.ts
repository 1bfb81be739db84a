import { INTERVAL_MS, isInterval } from '../contract';
import { parsePositive, parseZeroable } from '../util/decimal';
import type { CandleEvent } from './events';
import type { Candle } from './outputs';
import { believedTime } from './validate';

/** The candle of an input, or null when it is not a possible one: finite, ordered, on its grid, not from the future. */
export function readCandle(event: CandleEvent, now: number): Candle | null {
  const { openTime, open, high, low, close, volume } = event;
  if (typeof event.interval !== 'string' || !isInterval(event.interval) || believedTime(openTime, now) === null) return null;
  if (openTime % INTERVAL_MS[event.interval] !== 0) return null;
  for (const price of [open, high, low, close]) if (typeof price !== 'number' || parsePositive(price) === undefined) return null;
  if (typeof volume !== 'number' || parseZeroable(volume) === undefined) return null;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return null;
  return { openTime, open, high, low, close, volume };
}
