import type { Interval } from '@/core/contract';
import { ok } from '@/core/util/result';
import { CandleBackfill, type BackfillOptions, type CandlePage } from '../base/backfill';
import { isRecord } from '../base/json';
import type { TwelveDataMapper } from './mapper';
import type { TwelveDataRest } from './rest';

const FULL: readonly (readonly [Interval, number])[] = [['1m', 1_000], ['1h', 500], ['1d', 365]];
/** Minutes of an absence in one call. */
const PAGE_ROWS = 1_000;
const NONE: CandlePage = { events: [], refused: 0, next: null };

/** What the loader must know before it spends a credit. */
export interface BackfillNeeds {
  /** Is the symbol one that this source alone can bring? */
  readonly needed: (symbol: string) => boolean;
  /** Are there credits left beside those that present prices need? */
  readonly affordable: () => boolean;
  /** Shares have hours that begin at half past, which are no hours of ours. */
  readonly isShare: (venueSymbol: string) => boolean;
}

/** The candle loader over `/time_series`: one credit a call, so nothing is loaded that nobody needs or that the day's credits cannot bear. */
export function createTwelveDataBackfill(rest: TwelveDataRest, mapper: TwelveDataMapper, needs: BackfillNeeds, options: Omit<BackfillOptions, 'full' | 'pageRows' | 'load'>): CandleBackfill {
  return new CandleBackfill({
    ...options,
    full: FULL,
    pageRows: PAGE_ROWS,
    load: async ({ venueSymbol, symbol, interval, start, rows }) => {
      if (!needs.needed(symbol) || !needs.affordable() || (interval === '1h' && needs.isShare(venueSymbol))) return ok(NONE);
      const answer = await rest.series(venueSymbol, interval, start, rows);
      if (!answer.ok) return answer;
      const { body, receivedAt: at } = answer.value;
      return ok({ ...mapper.candles(isRecord(body) ? body.values : null, symbol, interval, at, at + (options.offsetMs() ?? 0)), next: null });
    },
  });
}
