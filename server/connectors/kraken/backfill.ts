import type { Interval } from '@/core/contract';
import { ok } from '@/core/util/result';
import { CandleBackfill, type BackfillOptions } from '../base/backfill';
import type { KrakenMapper } from './mapper';
import type { KrakenRest } from './rest';

/** Kraken keeps 720 candles of every interval and no more: an absence of over twelve hours is left to the hourly ones. */
const ROWS = 720;
const FULL: readonly (readonly [Interval, number])[] = [['1m', ROWS], ['1h', ROWS], ['1d', ROWS]];

/** The candle loader over Kraken's `OHLC`. */
export function createKrakenBackfill(rest: KrakenRest, mapper: KrakenMapper, options: Omit<BackfillOptions, 'full' | 'pageRows' | 'load'>): CandleBackfill {
  return new CandleBackfill({
    ...options,
    full: FULL,
    pageRows: ROWS,
    load: async ({ venueSymbol, symbol, interval, start }) => {
      const answer = await rest.candles(venueSymbol, interval, start);
      if (!answer.ok) return answer;
      const at = options.clock.now();
      return ok({ ...mapper.candles(answer.value, symbol, interval, at, at + (options.offsetMs() ?? 0)), next: null });
    },
  });
}
