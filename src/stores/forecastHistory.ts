import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { MARKET_WIDE_KEY, type BinaryData } from '@/core/contract';

/** Forecasts of a symbol that are kept: an hour at two a minute. */
const MOST = 120;

/** One message as received: its probabilities by horizon (seconds) and the price it was made at. */
export interface PastForecast {
  readonly t: number;
  readonly mid: number | null;
  readonly pUp: ReadonlyMap<number, number>;
}

/** Forecasts that this page has received, by symbol, oldest first; for the line of P(up). Never saved. */
export const useForecastHistory = defineStore('forecastHistory', () => {
  const past = shallowRef<ReadonlyMap<string, readonly PastForecast[]>>(new Map());

  /** Takes the present forecasts in; those already known are passed over. Another kind of data, or a clock set back, begins a new line. */
  function note(sentiment: ReadonlyMap<string, BinaryData>): void {
    const next = new Map(past.value);
    for (const [symbol, data] of sentiment) {
      if (symbol === MARKET_WIDE_KEY || data.horizons.length === 0) continue;
      const line = next.get(symbol) ?? [];
      const newest = line.at(-1);
      if (newest?.t === data.ts) continue;
      const kept = newest && newest.t > data.ts ? [] : line;
      next.set(symbol, [...kept, { t: data.ts, mid: data.mid, pUp: new Map(data.horizons.map((h) => [h.h, h.pUp])) }].slice(-MOST));
    }
    for (const symbol of next.keys()) if (!sentiment.has(symbol)) next.delete(symbol);
    past.value = next;
  }
  return { past, note };
});

/**
 * The line of one horizon with what the price did: up, down or not by the first forecast made at or after its end, and not later than half a horizon
 * (30 s at least) after it; null where that is not known. As seen by this page: the log of the server decides on the record.
 */
export function forecastLine(past: readonly PastForecast[], seconds: number): { t: number; pUp: number; move: -1 | 0 | 1 | null }[] {
  const late = Math.max(30_000, seconds * 500);
  return past.flatMap((made) => {
    const pUp = made.pUp.get(seconds);
    if (pUp === undefined) return [];
    const end = made.t + seconds * 1_000;
    const after = past.find((p) => p.t >= end);
    const known = after && after.t - end <= late && after.mid !== null && made.mid !== null;
    return [{ t: made.t, pUp, move: known ? (Math.sign((after.mid ?? 0) - (made.mid ?? 0)) as -1 | 0 | 1) : null }];
  });
}
