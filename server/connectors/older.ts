import { err, ok, type Result } from '@/core/util/result';
import type { Candle } from '@/core/market/outputs';
import type { Clock } from '../observability/clock';
import type { OlderCandles, OlderQuery } from './base/connector';

/** What came of asking the venues for older candles. */
export interface OlderAnswer {
  /** Oldest first; empty = the venue has nothing older. */
  readonly candles: OlderCandles;
  readonly venue: string;
}

export interface OlderOptions {
  /** Asks one venue. */
  readonly ask: (venue: string, query: OlderQuery) => Promise<Result<OlderCandles, string>>;
  /** Live venues that can be asked for the symbol now, the one to be asked first at the front. */
  readonly venues: (symbol: string) => readonly string[];
  /** Keeps what came, so that it is asked for once. */
  readonly keep: (query: OlderQuery, venue: string, candles: readonly Candle[]) => void;
  readonly clock: Clock;
}

/** Questions to venues at a time, over all readers; each venue's own budget holds besides. */
const AT_ONCE = 4;
/** A venue that refused, or had nothing, is not asked for the same series again for this long, ms. */
const REST_MS = 30_000;
const MOST_REMEMBERED = 2_000;

/**
 * Asks venues for candles from before what is stored, for readers who scroll back. The same question of several readers is asked once; a
 * refusal is remembered for half a minute, so that no reader can make us knock at a venue again and again.
 */
export function createOlder({ ask, venues, keep, clock }: OlderOptions): (query: OlderQuery) => Promise<Result<OlderAnswer, string>> {
  const open = new Map<string, Promise<Result<OlderAnswer, string>>>();
  const rested = new Map<string, { readonly until: number; readonly answer: Result<OlderAnswer, string> }>();

  async function load(query: OlderQuery): Promise<Result<OlderAnswer, string>> {
    let words = 'no venue that keeps candles serves it now';
    for (const venue of venues(query.symbol)) {
      const answer = await ask(venue, query);
      if (answer.ok) {
        keep(query, venue, answer.value);
        return ok({ candles: answer.value, venue });
      }
      words = answer.error;
    }
    return err(words);
  }

  return async (query) => {
    const key = `${query.symbol}|${query.interval}|${query.before}`;
    const resting = rested.get(key);
    if (resting && resting.until > clock.monotonic()) return resting.answer;
    const running = open.get(key);
    if (running) return running;
    if (open.size >= AT_ONCE) return err('other charts are being filled; try again in a moment');
    const mine = load(query).finally(() => open.delete(key));
    open.set(key, mine);
    const answer = await mine;
    if (!answer.ok || answer.value.candles.length === 0) {
      if (rested.size >= MOST_REMEMBERED) rested.clear();
      rested.set(key, { until: clock.monotonic() + REST_MS, answer });
    }
    return answer;
  };
}
