import { INTERVAL_MS, type Interval } from '@/core/contract';
import { ok } from '@/core/util/result';
import { CandleBackfill, type BackfillOptions } from '../base/backfill';
import type { BinanceMapper } from './mapper';
import type { BinanceRest } from './rest';

/** What a fresh start loads: newest rows per interval. 2 weight a call. */
const FULL: readonly (readonly [Interval, number])[] = [['1m', 1_000], ['1h', 500], ['1d', 365]];
/** Ten pages of minutes are about seven days. */
const PAGE_ROWS = 1_000;

/** The candle loader over Binance's `klines`. */
export function createBinanceBackfill(rest: BinanceRest, mapper: BinanceMapper, options: Omit<BackfillOptions, 'full' | 'pageRows' | 'load'>): CandleBackfill {
  return new CandleBackfill({
    ...options,
    full: FULL,
    pageRows: PAGE_ROWS,
    load: async ({ venueSymbol, symbol, interval, start, rows }) => {
      const answer = await rest.klines(venueSymbol, interval, start, rows);
      if (!answer.ok) return answer;
      const at = options.clock.now();
      const { events, refused } = mapper.klines(answer.value.body, symbol, interval, at, at + (options.offsetMs() ?? 0));
      const last = events.at(-1);
      return ok({ events, refused, next: last && events.length === rows ? last.openTime + INTERVAL_MS[interval] : null });
    },
  });
}
