import type { DataKind, SparklineData } from '../contract';
import type { CandleList } from './candleList';

/** Points of a sparkline: one hour of minutes. */
export const SPARKLINE_POINTS = 60;
const STEP_MS = 60_000;

/** Closes of the last hour of closed minutes, oldest first; a minute without a trade is null. null = nothing to show. */
export function sparkline(minutes: CandleList, kind: DataKind): SparklineData | null {
  const end = minutes.newest();
  if (end === -Infinity) return null;
  const closes = new Array<number | null>(SPARKLINE_POINTS).fill(null);
  const start = end - (SPARKLINE_POINTS - 1) * STEP_MS;
  for (const candle of minutes.between(start, end + 1)) closes[(candle.openTime - start) / STEP_MS] = candle.close;
  return { end_time: end, step_ms: STEP_MS, closes, quality: kind };
}
