import type { Interval } from '@/core/contract';

/** Lengths of candles in words. */
export const INTERVAL_WORDS: Readonly<Record<Interval, string>> = {
  '1s': 'one second', '1m': 'one minute', '5m': 'five minutes', '15m': 'fifteen minutes', '1h': 'one hour', '4h': 'four hours', '1d': 'one day',
};
