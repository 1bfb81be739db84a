import { ROLLED } from './candles';
import type { Row } from './row';

/**
 * Canonical text of everything that can be asked of a market: quotes with their sources, candles, trades, totals, books, and what
 * the analysis last said. Its inner state is not written out: it is made of the same inputs alone, and each rating, signal and
 * forecast carries sums over all that came before (score, percentile, track), so that states that differ soon say different things.
 */
export function fingerprint(head: object, rows: Iterable<Row>): string {
  return JSON.stringify({
    ...head,
    rows: Array.from(rows, (row) => ({
      instrument: row.instrument,
      quote: row.quotes.current,
      sources: row.quotes.sources,
      leader: row.quotes.leader?.venue ?? null,
      candles: ROLLED.map((interval) => [row.candles.series[interval].closed.last(Infinity), row.candles.series[interval].pending()]),
      seconds: row.candles.query('1s', Number.MAX_SAFE_INTEGER),
      trades: row.tape.recent.last(),
      totals: Array.from(row.tape.venues, ([venue, trades]) => [venue, trades.count, trades.volume.text()]),
      said: [...row.said],
      books: Array.from(row.books, ([venue, book]) => [venue, book.state, book.reason, book.updateId, book.venueTime, book.receiveTime, book.gapsRepaired, book.top(Infinity)]),
    })),
  });
}
