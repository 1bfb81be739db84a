import { venueName } from '@/components/sourceWords';
import { formatAge, formatChange, formatPercent, formatPrice } from '@/composables/format';
import type { ActivityName, CompareReport, DataKind, VenueQuoteData } from '@/core/contract';
import type { VenueQuoteView } from '@/stores/types';

type Leg = CompareReport['legs'][number];

/** One venue's market of the same base, from the live quotes and the newest report. null = not known. */
export interface CompareRow {
  readonly id: string;
  readonly venue: string;
  readonly symbol: string;
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  /** Age now, ms. */
  readonly ageMs: number | null;
  /** Is the row as it should be: fresh, flowing, book good. */
  readonly good: boolean;
  /** State of price, flow and book in words; shown beside a mark, never by colour alone. */
  readonly state: string;
  /** What is not live is labelled. */
  readonly quality: DataKind | 'unknown';
  /** The way the value came, where it is not the usual one, such as `REST`. */
  readonly way: string;
  readonly leads: boolean;
  readonly leg: Leg | null;
}

const STATE_WORDS: Readonly<Record<VenueQuoteData['state'], string>> = { ok: 'fresh', stale: 'old', closed: 'market closed', suspect: 'values refused', none: 'no price yet' };
const FLOW_WORDS: Readonly<Record<ActivityName, string>> = { usual: '', thin: 'far slower than usual', silent: 'connected, but silent', unknown: '' };
const BOOK_WORDS: Readonly<Record<string, string>> = { ok: 'book good', syncing: 'book loading', gap: 'gap in the book', crossed: 'book crossed', stale: 'book old' };

function stateOf(live: VenueQuoteData | null, leg: Leg | null): { good: boolean; state: string } {
  const price = live ? STATE_WORDS[live.state] : '';
  const flow = live ? FLOW_WORDS[live.activity] : '';
  const book = leg?.book ? (BOOK_WORDS[leg.book.state] ?? leg.book.state) : leg ? 'no book' : '';
  const good = (!live || (live.state === 'ok' && (live.activity === 'usual' || live.activity === 'unknown'))) && (!leg?.book || leg.book.state === 'ok');
  return { good, state: [price, flow, book].filter(Boolean).join(', ') };
}

/**
 * Rows of the table: every leg of the report, with the live quote of the shown symbol laid over it, and the quotes that have no leg. `mono` is
 * the present, `reportAt` when the report came, both monotonic ms.
 */
export function compareRows(symbol: string, quotes: readonly VenueQuoteView[], report: CompareReport | null, mono: number, reportAt: number): CompareRow[] {
  const legs = report?.legs ?? [];
  const live = new Map(quotes.map((q) => [q.venue, q]));
  const grown = (age: number | null, since: number): number | null => (age === null ? null : age + Math.max(0, mono - since));
  const row = (venue: string, pair: string, quote: VenueQuoteView | null, leg: Leg | null): CompareRow => {
    const data = quote?.data ?? null;
    const quality = data?.quality ?? leg?.quality ?? 'unknown';
    return {
      id: `${venue} ${pair}`, venue, symbol: pair, leg, leads: data?.leads ?? false, quality, way: (data?.route ?? leg?.route) === 'rest' ? 'REST' : '', ...stateOf(data, leg),
      last: data ? data.price : (leg?.last ?? null), bid: (data ?? leg)?.bid ?? null, ask: (data ?? leg)?.ask ?? null,
      ageMs: quote ? grown(quote.data.age_ms, quote.receivedAt) : grown(leg?.age_ms ?? null, reportAt),
    };
  };
  const rows = legs.map((leg) => row(leg.venue, leg.symbol, leg.symbol === symbol ? (live.get(leg.venue) ?? null) : null, leg));
  const shown = new Set(legs.filter((leg) => leg.symbol === symbol).map((leg) => leg.venue));
  return [...rows, ...quotes.filter((q) => !shown.has(q.venue) && q.data.state !== 'none').map((q) => row(q.venue, symbol, q, null))];
}

/** A taker fee: `0.10 %`, or that it is not known. */
export const feeWords = (fee: Leg['fee']): string => (fee ? formatPercent(fee.taker * 100).replace('+', '') : 'not known');

/** The rates that were used, one sentence each. */
export function rateWords(rates: CompareReport['rates']): string[] {
  return rates.map(({ from, to, rate, venue, symbol, age_ms, reason }) =>
    rate === null ? `No rate from ${from} to ${to}: ${reason}.` : `1 ${from} = ${formatPrice(rate, 5)} ${to} (${venueName(venue)} ${symbol}${age_ms === null ? '' : `, ${formatAge(age_ms)} old`}).`);
}

/** The best pair in a sentence: where to buy and sell, what is left per unit, and how old the older of the two is. */
export function bestWords({ best, reference, base }: CompareReport, decimals: number): { readonly pair: string; readonly result: string; readonly gain: boolean } | null {
  if (!best) return null;
  const where = ({ venue, symbol }: { venue: string; symbol: string }): string => `${venueName(venue)} ${symbol}`;
  const gain = (best.net ?? best.gross) > 0;
  const percent = formatPercent(best.percent, 3);
  const gross = `${formatChange(best.gross, decimals)} ${reference} per ${base}`;
  const result = best.net === null
    ? `${gross} (${percent}) before fees; what is left after them is not known, as a fee is missing`
    : `${gross} before fees, ${formatChange(best.net, decimals)} ${reference} after fees (${percent}): ${gain ? 'a gain' : 'a loss'}`;
  return { pair: `Buy at ${where(best.buy)}, sell at ${where(best.sell)}`, result, gain };
}

/** A size typed by the user as decimal text; null when it is not one above 0. */
export function readSize(text: string): string | null {
  const plain = text.trim().replace(/(\d),(?=\d{3}\b)/g, '$1');
  return /^\d{1,12}(\.\d{1,12})?$/.test(plain) && Number(plain) > 0 ? plain : null;
}
