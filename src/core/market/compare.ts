import type { BookStateName, CompareBest, CompareLeg, CompareRate, CompareReport, CompareSide, DataKind } from '../contract';
import { fill, type Fill } from './compareFill';
import { COMPARE_LIMIT_MS, findRate, type RateMarket } from './compareRates';
import type { LevelChange } from './events';
import { takerFee, type FeeOverrides } from './fees';
import type { Instrument } from './instrument';
import type { VenueQuote } from './outputs';

/** The part of a book that is needed; `BookView` of the engine has it. */
interface CompareBook {
  readonly state: BookStateName;
  readonly reason: string;
  readonly kind: DataKind;
  readonly receiveTime: number | null;
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

/** What a comparison reads; the engine has it. */
export interface CompareMarket extends RateMarket {
  instruments(): readonly Instrument[];
  books(): readonly { readonly venue: string; readonly symbol: string }[];
  book(venue: string, symbol: string, depth: number): CompareBook | null;
}

export interface CompareTerms {
  readonly symbol: string;
  /** Decimal text above 0, in base units. */
  readonly size: string;
  /** Present on the feed clock, ms, and feed time per real time. */
  readonly now: number;
  readonly speed: number;
  readonly fees: FeeOverrides;
}

/** Publishers of averages and reference rates: nobody can trade there, so they are no leg. */
const NOT_A_MARKET: ReadonlySet<string> = new Set(['coingecko', 'alphavantage', 'exchangerate', 'frankfurter']);
/** Levels looked at: few first, more only when they do not hold the size. */
const FIRST_DEPTH = 100;
const DEPTHS = [FIRST_DEPTH, 1_000, 5_000] as const;

interface Found {
  readonly instrument: Instrument;
  readonly venue: string;
  readonly quote: VenueQuote | null;
  readonly book: CompareBook | null;
}

/**
 * The same base at every venue and against every quote currency: what the size costs and brings there, in one currency, after fees. Prices come from
 * order books that are good at this moment and nowhere else; a leg that cannot be trusted is listed with the reason and left out of the best pair.
 * null for an unknown symbol. Sizes must be decimal text above 0.
 */
export function compareMarkets(market: CompareMarket, terms: CompareTerms): CompareReport | null {
  const asked = market.instrument(terms.symbol);
  if (!asked) return null;
  const found = findLegs(market, asked);
  const kind = kindOf(found);
  const rates = new Map<string, CompareRate>();
  const rateOf = (currency: string): CompareRate | null => {
    if (currency === asked.quote) return null;
    let rate = rates.get(currency);
    if (!rate) rates.set(currency, (rate = findRate(currency, asked.quote, { market, kind, now: terms.now, speed: terms.speed })));
    return rate;
  };
  const legs = found.map((one) => judgeLeg(market, one, kind, terms, rateOf(one.instrument.quote)));
  const best = findBest(legs, terms.size);
  return {
    symbol: asked.symbol, base: asked.base, size: terms.size, reference: asked.quote, at: Math.round(terms.now), rates: [...rates.values()], legs, best,
    note: noteOf(legs, best, kind, asked.base),
  };
}

/** The asked symbol first, then the other quote currencies in the order of the list. */
function findLegs(market: CompareMarket, asked: Instrument): Found[] {
  const same = market.instruments().filter((i) => i.base === asked.base && i.assetClass === asked.assetClass);
  const booked = market.books();
  return [asked, ...same.filter((i) => i.symbol !== asked.symbol)].flatMap((instrument) => {
    const quotes = new Map(market.venueQuotes(instrument.symbol).map((quote) => [quote.venue, quote]));
    const venues = new Set([...quotes.keys(), ...booked.filter((b) => b.symbol === instrument.symbol).map((b) => b.venue)]);
    return [...venues].filter((venue) => !NOT_A_MARKET.has(venue)).map((venue) => ({
      instrument, venue, quote: quotes.get(venue) ?? null, book: market.book(venue, instrument.symbol, FIRST_DEPTH),
    }));
  });
}

const kindOfLeg = ({ quote, book }: Found): DataKind => book?.kind ?? quote?.kind ?? 'live';

/** The one kind of data that is compared: live where there is any. */
function kindOf(found: readonly Found[]): DataKind {
  const kinds = found.map(kindOfLeg);
  return kinds.includes('live') ? 'live' : (kinds[0] ?? 'live');
}

function judgeLeg(market: CompareMarket, one: Found, kind: DataKind, terms: CompareTerms, rate: CompareRate | null): CompareLeg {
  const { instrument, venue, quote, book } = one;
  const age = (time: number | null | undefined): number | null => (typeof time === 'number' ? Math.round(Math.max(0, terms.now - time) / terms.speed) : null);
  const fault = faultOf(one, kind, terms) ?? (rate && rate.rate === null ? rate.reason : null);
  const fee = takerFee(venue, instrument, terms.fees);
  // Figures of a book that is not good would be made up: they are not even computed.
  const usable = book !== null && book.state === 'ok' && book.kind === kind;
  const side = (name: 'asks' | 'bids'): CompareSide | null =>
    sideOf(usable ? fillFrom(market, one, name, terms.size) : null, rate ? rate.rate : 1, fee ? (name === 'asks' ? 1 + fee.taker : 1 - fee.taker) : null);
  const buy = side('asks');
  const sell = side('bids');
  return {
    venue, symbol: instrument.symbol, quote: instrument.quote, quality: kindOfLeg(one), route: quote?.route ?? 'socket',
    last: quote?.last ?? null, bid: quote?.bid ?? null, ask: quote?.ask ?? null, age_ms: age(book?.receiveTime ?? quote?.receiveTime), venue_time: quote?.venueTime ?? null,
    book: book && { state: book.state, reason: book.reason, age_ms: age(book.receiveTime) },
    fee, buy, sell, comparable: fault === null, reason: fault ?? shortOf(buy, sell, terms.size, instrument.base),
  };
}

/** Why a leg is not comparable; null when it is. */
function faultOf(one: Found, kind: DataKind, { now, speed }: CompareTerms): string | null {
  const { quote, book, instrument, venue } = one;
  const odd = [book?.kind, quote?.kind].find((own) => own !== undefined && own !== kind);
  if (odd !== undefined) return `its data is ${odd}; only ${kind} data is compared here`;
  if (quote?.state === 'closed') return 'the market is closed';
  if (book && book.state !== 'ok') return `its order book is not good (${book.state}${book.reason === '' ? '' : `: ${book.reason}`})`;
  // A ticker may rest while the book moves: then the age of the book, below, is what counts.
  const resting = quote?.state === 'stale' && book?.state === 'ok' && book.receiveTime !== null;
  if (quote && quote.state !== 'ok' && !resting) return `its price is ${quote.state === 'none' ? 'not known' : quote.state}`;
  if (!book) return `no order book of ${instrument.symbol} from ${venue}: nothing to trade against`;
  const seen = book.receiveTime ?? quote?.receiveTime ?? null;
  if (seen === null) return 'its age is not known';
  const limit = COMPARE_LIMIT_MS[instrument.assetClass];
  if (now - seen > limit) return `its order book is ${Math.round((now - seen) / speed / 1_000)} s old; the limit is ${limit / 1_000} s`;
  return null;
}

function fillFrom(market: CompareMarket, { venue, instrument, book }: Found, name: 'bids' | 'asks', size: string): Fill | null {
  let filled: Fill | null = null;
  for (const depth of DEPTHS) {
    const levels = (depth === FIRST_DEPTH ? book : market.book(venue, instrument.symbol, depth))?.[name] ?? [];
    filled = fill(levels, size);
    if (filled === null || filled.complete || levels.length < depth) break;
  }
  return filled;
}

function sideOf(filled: Fill | null, rate: number | null, feeFactor: number | null): CompareSide | null {
  if (!filled) return null;
  const { price, worst } = filled;
  const converted = rate === null ? null : price * rate;
  return { price, worst, filled: filled.filled, converted, net: converted === null || feeFactor === null ? null : converted * feeFactor };
}

const isFull = (side: CompareSide | null, size: string): boolean => side !== null && side.filled >= Number(size);

/** Says what the book does not hold. */
function shortOf(buy: CompareSide | null, sell: CompareSide | null, size: string, base: string): string {
  const short = ([['bought', buy], ['sold', sell]] as const).filter(([, side]) => !isFull(side, size));
  return short.map(([verb, side]) => `only ${side?.filled ?? 0} of ${size} ${base} can be ${verb}`).join('; ');
}

interface Pair { readonly buy: CompareLeg; readonly sell: CompareLeg; readonly gross: number; readonly net: number | null; readonly paid: number }

/** Every way to buy at one leg and sell at another, for the whole size. */
function pairs(legs: readonly CompareLeg[], size: string): Pair[] {
  const usable = legs.filter((leg) => leg.comparable);
  return usable.flatMap((buy) => usable.flatMap((sell): Pair[] => {
    const cost = buy.buy;
    const gain = sell.sell;
    if (buy === sell || !cost || !gain || cost.converted === null || gain.converted === null || !isFull(cost, size) || !isFull(gain, size)) return [];
    const net = cost.net === null || gain.net === null ? null : gain.net - cost.net;
    return [{ buy, sell, gross: gain.converted - cost.converted, net, paid: net === null ? cost.converted : (cost.net ?? cost.converted) }];
  }));
}

/** The best pair after fees; where no pair has both fees known, the best before them. */
function findBest(legs: readonly CompareLeg[], size: string): CompareBest | null {
  const all = pairs(legs, size);
  const known = all.filter((pair) => pair.net !== null);
  const worth = (pair: Pair): number => pair.net ?? pair.gross;
  const best = (known.length > 0 ? known : all).reduce<Pair | null>((top, pair) => (top === null || worth(pair) > worth(top) ? pair : top), null);
  if (!best) return null;
  const { buy, sell, gross, net, paid } = best;
  return {
    buy: { venue: buy.venue, symbol: buy.symbol }, sell: { venue: sell.venue, symbol: sell.symbol }, gross, net,
    percent: (worth(best) / paid) * 100, older_leg_age_ms: buy.age_ms === null || sell.age_ms === null ? null : Math.max(buy.age_ms, sell.age_ms),
  };
}

const KIND_WORDS: Readonly<Partial<Record<DataKind, string>>> = {
  simulated: 'Simulated prices of one source: not a market.', replay: 'Recorded prices: not the present market.', delayed: 'Delayed prices.',
};

function noteOf(legs: readonly CompareLeg[], best: CompareBest | null, kind: DataKind, base: string): string {
  const usable = legs.filter((leg) => leg.comparable);
  const free = [...new Set(usable.filter((leg) => leg.fee === null).map((leg) => leg.venue))];
  const lines = [KIND_WORDS[kind] ?? ''];
  if (legs.length === 0) lines.push(`No source has ${base} at the moment.`);
  else if (legs.length === 1) lines.push(`Only one source has ${base}: there is nothing to compare it with.`);
  else if (usable.length < 2) lines.push(`Nothing to compare: ${usable.length === 0 ? 'none' : 'only one'} of ${legs.length} can be relied on now; each row says why.`);
  else if (!best) lines.push('No two of them hold the whole size; try a smaller one.');
  if (usable.length > 0 && free.length > 0) lines.push(`Taker fee not known for ${free.join(', ')}: before fees only there.`);
  if (best) lines.push('Transfers between venues, their cost and time, and the cost of changing money are not in the figures.');
  return lines.filter((line) => line !== '').join(' ').slice(0, 512);
}
