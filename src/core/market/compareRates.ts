import type { CompareRate, DataKind } from '../contract';
import type { AssetClass, Instrument } from './instrument';
import type { VenueQuote } from './outputs';

/** Currencies between which prices are converted; anything else is not comparable. */
export const CONVERTIBLE: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'EUR', 'GBP']);
/** The currency that may stand between two others of which no pair is known. */
const PIVOT = 'USD';

/**
 * Oldest value that still counts as present, ms of feed time, by class: a crypto book changes many times a second, currencies and metals pause, a
 * share may not trade for most of a minute.
 */
export const COMPARE_LIMIT_MS: Readonly<Record<AssetClass, number>> = { crypto: 10_000, test: 10_000, fx: 30_000, metal: 30_000, equity: 60_000 };

/** What the search for a rate needs to know of the market. */
export interface RateMarket {
  instrument(symbol: string): Instrument | null;
  venueQuotes(symbol: string): readonly VenueQuote[];
}

export interface RateTerms {
  readonly market: RateMarket;
  /** Only rates of this kind of data: a live price is never converted with a simulated, delayed or recorded rate. */
  readonly kind: DataKind;
  /** Present on the feed clock, ms, and feed time per real time. */
  readonly now: number;
  readonly speed: number;
}

/** Finds the rate from one currency to another: their own pair either way round, else both against US dollars. */
export function findRate(from: string, to: string, terms: RateTerms): CompareRate {
  if (!CONVERTIBLE.has(from) || !CONVERTIBLE.has(to)) return none(from, to, `${CONVERTIBLE.has(from) ? to : from} is not converted`);
  const direct = pairRate(from, to, terms);
  if (direct.rate !== null || from === PIVOT || to === PIVOT) return direct;
  const first = pairRate(from, PIVOT, terms);
  const second = pairRate(PIVOT, to, terms);
  if (first.rate === null || second.rate === null) return direct;
  return {
    from, to, rate: first.rate * second.rate, state: 'ok', reason: '',
    venue: first.venue === second.venue ? first.venue : `${first.venue}, ${second.venue}`,
    symbol: `${first.symbol} and ${second.symbol}`,
    age_ms: Math.max(first.age_ms ?? 0, second.age_ms ?? 0),
  };
}

function none(from: string, to: string, why: string): CompareRate {
  return { from, to, rate: null, venue: '', symbol: '', age_ms: null, state: 'none', reason: `no live ${from}/${to} rate: ${why}` };
}

/** The best source of the pair itself or of its inverse; where none is good, the nearest miss with its reason. */
function pairRate(from: string, to: string, terms: RateTerms): CompareRate {
  let missed: CompareRate | null = null;
  for (const [symbol, inverse] of [[`${from}/${to}`, false], [`${to}/${from}`, true]] as const) {
    const instrument = terms.market.instrument(symbol);
    for (const quote of instrument ? terms.market.venueQuotes(symbol) : []) {
      const rate = judge(quote, instrument?.assetClass ?? 'fx', from, to, inverse, terms);
      if (rate.rate !== null) return rate;
      missed ??= rate;
    }
    if (instrument) missed ??= none(from, to, `no source has ${symbol}`);
  }
  return missed ?? none(from, to, `${from}/${to} is not on the list of symbols`);
}

function judge(quote: VenueQuote, assetClass: AssetClass, from: string, to: string, inverse: boolean, { kind, now, speed }: RateTerms): CompareRate {
  const age = quote.receiveTime === null ? null : Math.max(0, now - quote.receiveTime);
  const price = presentPrice(quote);
  const found = { from, to, venue: quote.venue, symbol: quote.symbol, age_ms: age === null ? null : age / speed, state: quote.state };
  const miss = (why: string): CompareRate => ({ ...found, rate: null, reason: `no live ${from}/${to} rate: ${why}` });
  if (quote.kind !== kind) return miss(`that of ${quote.venue} is ${quote.kind}`);
  if (quote.state === 'closed') return miss('its market is closed');
  if (quote.state !== 'ok' || price === null) return miss(`that of ${quote.venue} is ${quote.state === 'ok' ? 'not known' : quote.state}`);
  if (age === null || age > COMPARE_LIMIT_MS[assetClass]) return miss(`that of ${quote.venue} is too old`);
  const rate = inverse ? 1 / price : price;
  return Number.isFinite(rate) && rate > 0 ? { ...found, rate, reason: '' } : miss(`that of ${quote.venue} is not a price`);
}

/** Middle of bid and ask, else the last price; null when neither is usable. */
function presentPrice({ bid, ask, last }: VenueQuote): number | null {
  if (bid !== null && ask !== null && bid > 0 && ask >= bid) return (bid + ask) / 2;
  return last !== null && last > 0 ? last : null;
}
