import { BOOK_STATES, type BookStateName } from './contract';
import type { BookView, TradeTotals, VenueFacts } from './engineTypes';
import type { Row } from './market/row';
import type { VenueClock } from './market/venueClock';

/** The book of a venue, `depth` levels a side; null when there is none. */
export function bookView(row: Row | undefined, venue: string, depth: number): BookView | null {
  const book = row?.books.get(venue);
  if (!row || !book) return null;
  const { state, reason, updateId, kind, venueTime, receiveTime } = book;
  return { venue, symbol: row.instrument.symbol, state, reason, updateId, kind, venueTime, receiveTime, levels: book.counts(), ...book.top(depth) };
}

/** The leader's book; without one the preferred good one, else the preferred one. */
export function shownBook(row: Row | undefined, priorityOf: (venue: string) => number): string | null {
  if (!row) return null;
  const leader = row.quotes.leader?.venue;
  if (leader !== undefined && row.books.has(leader)) return leader;
  const rank = (venue: string): number => priorityOf(venue) + (row.books.get(venue)?.state === 'ok' ? 0 : 1e6);
  let best: string | null = null;
  for (const venue of row.books.keys()) if (best === null || rank(venue) < rank(best)) best = venue;
  return best;
}

/** Exact totals of all trades seen. */
export function tradeTotals(rows: ReadonlyMap<string, Row>): TradeTotals[] {
  return [...rows].flatMap(([symbol, row]) =>
    Array.from(row.tape.venues, ([venue, trades]) => ({ venue, symbol, count: trades.count, volume: trades.volume.text() })));
}

type Draft = { -readonly [K in keyof VenueFacts]: VenueFacts[K] } & { books: Record<BookStateName, number>; thin: string[]; silent: string[] };

/** What is known of each venue as a whole. `activityOf` reads the flow of one venue in one row. */
export function venueFacts(
  rows: ReadonlyMap<string, Row>,
  clocks: ReadonlyMap<string, VenueClock>,
  activityOf: (row: Row, source: Row['quotes']['sources'][number]) => string,
): Map<string, VenueFacts> {
  const facts = new Map<string, Draft>();
  const of = (venue: string): Draft => {
    const known = facts.get(venue);
    if (known) return known;
    const books = Object.fromEntries(BOOK_STATES.map((state) => [state, 0])) as Record<BookStateName, number>;
    const made: Draft = { books, gapsRepaired: 0, leads: 0, clockOffsetMs: clocks.get(venue)?.offset() ?? null, thin: [], silent: [] };
    facts.set(venue, made);
    return made;
  };
  for (const [symbol, row] of rows) {
    for (const source of row.quotes.sources) {
      const fact = of(source.venue);
      if (row.quotes.leader === source) fact.leads += 1;
      const activity = activityOf(row, source);
      if (activity === 'thin') fact.thin.push(symbol);
      else if (activity === 'silent') fact.silent.push(symbol);
    }
    for (const [venue, book] of row.books) {
      const fact = of(venue);
      fact.books[book.state] += 1;
      fact.gapsRepaired += book.gapsRepaired;
    }
  }
  return facts;
}
