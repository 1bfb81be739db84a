import { INTERVAL_MS, type Interval } from '@/core/contract';
import type { CandleEvent } from '@/core/market/events';
import { ok, type Result } from '@/core/util/result';
import { CandleBackfill, type BackfillOptions, type CandlePage, type CandleRange } from '../base/backfill';
import type { HttpFailure } from '../base/http';
import { OKX_BARS, type OkxMapper } from './mapper';
import { CANDLE_ROWS, type OkxRest } from './rest';

const FULL: readonly (readonly [Interval, number])[] = [['1m', 1_000], ['1h', 500], ['1d', 365]];
/** `/market/candles` keeps 1,440 bars; a little less, since time goes on while we ask. */
const RECENT_BARS = 1_400;

/** The candle loader over OKX's `/market/candles`, which gives at most 300 rows, newest first. */
export function createOkxBackfill(rest: OkxRest, mapper: OkxMapper, options: Omit<BackfillOptions, 'full' | 'pageRows' | 'load'>): CandleBackfill {
  const venueNow = () => options.clock.now() + (options.offsetMs() ?? 0);
  const page = async (range: CandleRange, newerThan: number | null, olderThan: number | null, limit: number): Promise<Result<CandlePage, HttpFailure>> => {
    const { venueSymbol, symbol, interval } = range;
    const history = newerThan !== null && newerThan < venueNow() - RECENT_BARS * INTERVAL_MS[interval];
    const answer = await rest.candles(venueSymbol, barOf(interval), newerThan, olderThan, limit, history);
    return answer.ok ? ok({ ...mapper.restCandles(answer.value, symbol, interval, options.clock.now()), next: null }) : answer;
  };

  /** The newest rows, page by page backwards; they are passed on together because they must ascend. */
  const newest = async (range: CandleRange): Promise<Result<CandlePage, HttpFailure>> => {
    let events: readonly CandleEvent[] = [];
    let refused = 0;
    for (let olderThan: number | null = null; events.length < range.rows; olderThan = events[0]?.openTime ?? null) {
      const limit = Math.min(CANDLE_ROWS, range.rows - events.length);
      const answer: Result<CandlePage, HttpFailure> = await page(range, null, olderThan, limit);
      if (!answer.ok) return answer;
      refused += answer.value.refused;
      events = [...answer.value.events, ...events];
      if (answer.value.events.length < limit) break;
    }
    return ok({ events, refused, next: null });
  };

  /** One window of a range with a start: bounded on both sides, because the newest rows of a longer one would come. */
  const window = async (range: CandleRange, start: number): Promise<Result<CandlePage, HttpFailure>> => {
    const end = start + range.rows * INTERVAL_MS[range.interval];
    const answer = await page(range, start - 1, end, range.rows);
    return answer.ok ? ok({ ...answer.value, next: end <= venueNow() ? end : null }) : answer;
  };

  return new CandleBackfill({ ...options, full: FULL, pageRows: CANDLE_ROWS, load: (range) => (range.start === null ? newest(range) : window(range, range.start)) });
}

function barOf(interval: Interval): string {
  for (const [bar, ours] of OKX_BARS) if (ours === interval) return bar;
  return interval;
}
