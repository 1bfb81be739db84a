import * as v from 'valibot';
import { EpochMs, Finite, Quality } from '../primitives';

/** Candle intervals, shortest first. */
export const INTERVALS = ['1s', '1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];

/** Length of each interval, ms. Daily candles open at 00:00 UTC. */
export const INTERVAL_MS: Readonly<Record<Interval, number>> = {
  '1s': 1_000,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
};

export function isInterval(text: string): text is Interval {
  return Object.hasOwn(INTERVAL_MS, text);
}

/** One candle on the wire (`candles:SYMBOL` channel, key `INTERVAL|OPEN_TIME`). */
export const CandleData = v.object({
  interval: v.picklist(INTERVALS),
  open_time: EpochMs,
  open: Finite,
  high: Finite,
  low: Finite,
  close: Finite,
  /** Base volume. */
  volume: Finite,
  closed: v.boolean(),
  quality: Quality,
});
export type CandleData = v.InferOutput<typeof CandleData>;
