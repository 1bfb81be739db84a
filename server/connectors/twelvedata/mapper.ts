import { INTERVAL_MS, type DataKind, type Interval, type Route } from '@/core/contract';
import type { BadInputEvent, CandleEvent, EventOrigin, QuoteEvent, TickerEvent } from '@/core/market/events';
import type { Instrument } from '@/core/market/instrument';
import { isPositive, isDecimal } from '../base/decimalText';
import { isRecord, parseJson } from '../base/json';
import { numberText, secondsToMs } from '../base/jsonNumber';
import { faultOf, symbolsIn, type TwelveDataFields } from './raw';

export interface TwelveDataBad {
  readonly type: 'bad';
  readonly code: BadInputEvent['code'];
  readonly symbol: string | null;
  readonly detail: string;
}
export interface TwelveDataPriced {
  readonly type: 'price';
  readonly venueSymbol: string;
  readonly events: readonly (QuoteEvent | TickerEvent)[];
}
export type TwelveDataMapped =
  | TwelveDataPriced
  | { readonly type: 'answer'; readonly success: readonly string[]; readonly fails: readonly string[]; readonly words: string }
  | { readonly type: 'error'; readonly code: number | null; readonly words: string }
  | { readonly type: 'ignored' }
  | TwelveDataBad;

export interface TwelveDataMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** The wanted instrument of a name; null when it is not wanted. */
  readonly instrumentOf: (venueSymbol: string) => Instrument | null;
}

const IGNORED: ReadonlySet<string> = new Set(['heartbeat', 'unsubscribe-status', 'reset-status']);
const NOTHING = { open24h: null, high24h: null, low24h: null, volume24h: null } as const;

/** Turns frames and REST bodies into events. Pure: no clock, no log, no memory. `day_volume` is of the trading day, not of 24 hours, and is left out. */
export class TwelveDataMapper {
  constructor(private readonly options: TwelveDataMapperOptions) {}

  map(raw: string, at: number): TwelveDataMapped {
    const frame = parseJson(raw);
    if (frame === undefined) return bad('bad_json', null, `not JSON: ${raw.slice(0, 60)}`);
    if (!isRecord(frame)) return bad('bad_payload', null, 'not an object');
    const { event } = frame;
    if (event === 'price') return this.price(frame, at);
    if (event === 'subscribe-status') {
      return { type: 'answer', success: symbolsIn(frame.success), fails: symbolsIn(frame.fails), words: typeof frame.message === 'string' ? frame.message.slice(0, 160) : '' };
    }
    if (typeof event === 'string' && IGNORED.has(event)) return { type: 'ignored' };
    const fault = event === undefined ? faultOf(frame) : null;
    if (fault) return { type: 'error', ...fault };
    return bad('unknown_type', null, typeof event === 'string' ? `event ${event.slice(0, 40)}` : `a message with the keys ${Object.keys(frame).slice(0, 8).join(', ')}`);
  }

  /** One entry of REST `/quote`. Its `timestamp` is the beginning of the day's bar, `last_quote_at` the time of the price, where it is given. */
  quote(f: TwelveDataFields, venueSymbol: string, at: number): TickerEvent | TwelveDataBad {
    const wanted = this.wanted('quote', venueSymbol, f);
    if ('type' in wanted) return wanted;
    if (typeof f.symbol === 'string' && f.symbol !== venueSymbol) return bad('bad_payload', wanted.symbol, `quote of ${venueSymbol}: answered with ${f.symbol.slice(0, 24)}`);
    if (!isPositive(f.close)) return refuse('close' in f ? 'bad_number' : 'bad_payload', 'quote', wanted.symbol, f);
    return { type: 'ticker', ...this.origin(wanted.symbol, secondsToMs(f.last_quote_at), at, true), last: f.close, ...NOTHING };
  }

  /**
   * `values` of REST `/time_series` (newest first, `"datetime":"2021-08-26 15:59:00"` in UTC as asked, days without a time), ascending. Bars that do not
   * begin on their interval are refused: those of shares and hours begin at half past.
   */
  candles(values: unknown, symbol: string, interval: Interval, at: number, venueNow: number): { readonly events: readonly CandleEvent[]; readonly refused: number } {
    if (!Array.isArray(values)) return { events: [], refused: 1 };
    const events = (values as readonly unknown[]).flatMap((row) => this.candle(row, symbol, interval, at, venueNow) ?? []);
    return { events: events.reverse(), refused: values.length - events.length };
  }

  private candle(row: unknown, symbol: string, interval: Interval, at: number, venueNow: number): CandleEvent | null {
    const openTime = isRecord(row) ? utcOf(row.datetime) : null;
    if (!isRecord(row) || openTime === null || openTime % INTERVAL_MS[interval] !== 0) return null;
    const prices = [row.open, row.high, row.low, row.close];
    if (!prices.every(isPositive)) return null;
    const [open = 0, high = 0, low = 0, close = 0] = prices.map(Number);
    if (high < Math.max(open, close, low) || low > Math.min(open, close)) return null;
    const end = openTime + INTERVAL_MS[interval];
    const volume = isDecimal(row.volume) ? Number(row.volume) : 0;
    return { type: 'candle', ...this.origin(symbol, Math.min(end, venueNow), at, true), interval, openTime, open, high, low, close, volume, closed: end <= venueNow };
  }

  private price(f: TwelveDataFields, at: number): TwelveDataMapped {
    if (typeof f.symbol !== 'string') return bad('bad_payload', null, 'price without symbol');
    const wanted = this.wanted('price', f.symbol, f);
    if ('type' in wanted) return wanted;
    const { symbol } = wanted;
    const time = secondsToMs(f.timestamp);
    if (time === null || !('price' in f)) return refuse('bad_payload', 'price', symbol, f);
    const [last, bid, ask] = [f.price, f.bid, f.ask].map(numberText);
    if (last == null || Number(last) === 0) return refuse('bad_number', 'price', symbol, f);
    const origin = this.origin(symbol, time, at);
    const ticker: TickerEvent = { type: 'ticker', ...origin, last, ...NOTHING };
    const both = bid != null && ask != null && Number(bid) > 0 && Number(ask) > 0;
    const quote: QuoteEvent | null = both ? { type: 'quote', ...origin, bid, ask, bidSize: null, askSize: null, updateId: null } : null;
    return { type: 'price', venueSymbol: f.symbol, events: quote ? [quote, ticker] : [ticker] };
  }

  /** The instrument a payload is about, or why it is refused: a share in another currency is another listing. */
  private wanted(what: string, venueSymbol: string, f: TwelveDataFields): Instrument | TwelveDataBad {
    const instrument = this.options.instrumentOf(venueSymbol);
    if (!instrument) return bad('unknown_symbol', null, `${what} of ${venueSymbol.slice(0, 24)}`);
    if (instrument.assetClass !== 'equity' || typeof f.currency !== 'string' || f.currency === instrument.quote) return instrument;
    return bad('bad_payload', instrument.symbol, `${what} of ${venueSymbol} in ${f.currency.slice(0, 8)}, not in ${instrument.quote}`);
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number, rest = false): EventOrigin {
    const { kind, route } = this.options;
    return { venue: 'twelvedata', kind, route: rest && route === 'socket' ? 'rest' : route, symbol, venueTime, receiveTime };
  }
}

/** `2021-08-26 15:59:00` or `2021-08-26` as UTC, ms; null when it is neither. */
function utcOf(text: unknown): number | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(text)) return null;
  const at = Date.parse(`${text.length === 10 ? `${text} 00:00:00` : text}Z`.replace(' ', 'T'));
  return Number.isFinite(at) && at > 0 ? at : null;
}

function bad(code: BadInputEvent['code'], symbol: string | null, detail: string): TwelveDataBad {
  return { type: 'bad', code, symbol, detail };
}

function refuse(code: 'bad_number' | 'bad_payload', what: string, symbol: string, f: TwelveDataFields): TwelveDataBad {
  return bad(code, symbol, `${what}: ${JSON.stringify(f).slice(0, 160)}`);
}
