import { INTERVAL_MS, type DataKind, type FeedMode, type Interval } from '@/core/contract';
import type { Candle } from '@/core/market/outputs';
import type { HttpPorts } from './ports';

export interface CandleRange {
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times, ms, inclusive; null = open end. */
  readonly start: number | null;
  readonly end: number | null;
  readonly limit: number;
}

export interface CandleAnswer {
  readonly symbol: string;
  readonly interval: Interval;
  readonly candles: readonly (readonly [openTime: number, o: number, h: number, l: number, c: number, v: number])[];
  /** Stretches without a trade between the first and the last candle: [from, to), ms. */
  readonly gaps: readonly (readonly [from: number, to: number])[];
  readonly source: DataKind;
  /** Why stored candles are missing from the answer; absent when they are not. */
  readonly incomplete?: string;
}

/** Kind of the data shown in a mode. */
export function kindOf(mode: FeedMode): DataKind {
  return mode === 'simulated' || mode === 'replay' ? mode : 'live';
}

/** Stored and present candles of one kind; where both have one, the present one is newer. */
export async function readCandles(ports: Pick<HttpPorts, 'market' | 'history' | 'mode'>, range: CandleRange): Promise<CandleAnswer> {
  const { symbol, interval, start, end, limit } = range;
  const kind = kindOf(ports.mode());
  const merged = new Map<number, Candle>();
  let incomplete: string | undefined;
  try {
    for (const candle of await ports.history.candles({ ...range, kind })) merged.set(candle.openTime, candle);
  } catch {
    incomplete = ports.history.health().reason || 'stored candles cannot be read';
  }
  // Asked after the wait, so that both belong to the same market.
  const present = kind === kindOf(ports.mode()) ? ports.market.candles(symbol, interval, 100_000) : [];
  for (const candle of present) if (candle.openTime >= (start ?? -Infinity) && candle.openTime <= (end ?? Infinity)) merged.set(candle.openTime, candle);
  const candles = [...merged.values()].sort((a, b) => a.openTime - b.openTime).slice(-limit);
  return {
    symbol, interval, candles: candles.map((c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume] as const),
    gaps: findGaps(candles, INTERVAL_MS[interval]), source: kind, ...(incomplete === undefined ? {} : { incomplete }),
  };
}

function findGaps(candles: readonly Candle[], length: number): (readonly [number, number])[] {
  return candles.flatMap((candle, i) => {
    const from = (candles[i - 1]?.openTime ?? candle.openTime - length) + length;
    return candle.openTime > from ? [[from, candle.openTime] as const] : [];
  });
}
