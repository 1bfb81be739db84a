import { INTERVALS, type DataKind, type Interval, type Route } from '@/core/contract';
import type { BadInputEvent, CandleEvent, EventOrigin, MarketInput } from '@/core/market/events';
import { isRecord, parseJson } from '../base/json';
import { isAggTrade, isBookTicker, isDecimal, isDepthSnapshot, isDepthUpdate, isId, isKline, isMiniTicker, isPositive, isTrade, toMs } from './raw';
import type { BinanceAggTrade, BinanceDepthSnapshot, BinanceDepthUpdate, BinanceTrade } from './raw';

/** What one frame means. `events` may be empty when every entry of an array was refused. */
export type BinanceMapped =
  | { readonly type: 'events'; readonly stream: string | null; readonly venueSymbol: string; readonly family: 'trade' | 'aggTrade' | 'quote' | 'ticker' | 'candle'; readonly id: number | null; readonly events: readonly MarketInput[] }
  | { readonly type: 'depth'; readonly stream: string | null; readonly symbol: string; readonly update: BinanceDepthUpdate }
  | { readonly type: 'ack'; readonly id: number }
  | { readonly type: 'error'; readonly id: number | null; readonly code: number; readonly words: string }
  | { readonly type: 'shutdown' }
  /** Known and not used here. */
  | { readonly type: 'ignored'; readonly stream: string | null }
  | { readonly type: 'bad'; readonly code: BadInputEvent['code']; readonly symbol: string | null; readonly detail: string };

export interface BinanceMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** Canonical symbol of a venue symbol; null when it is not wanted. */
  readonly symbolOf: (venueSymbol: string) => string | null;
}

type Fields = Readonly<Record<string, unknown>>;
const VENUE = 'binance';
const UNUSED = new Set(['avgPrice', 'referencePrice', 'blockTrade', '1hTicker', '4hTicker', '1dTicker', 'executionReport']);

/** Turns frames of the combined (`/stream`) and raw (`/ws`) form into events. Pure: no clock, no log, no memory. */
export class BinanceMapper {
  constructor(private readonly options: BinanceMapperOptions) {}

  map(raw: string, receivedAt: number): BinanceMapped {
    const frame = parseJson(raw);
    if (frame === undefined) return bad('bad_json', null, `not JSON: ${raw.slice(0, 60)}`);
    if (!isRecord(frame)) return Array.isArray(frame) ? bad('unknown_type', null, 'an array outside a stream') : bad('bad_payload', null, 'not an object');
    if (typeof frame.stream !== 'string') return this.control(frame) ?? this.payload(null, frame, receivedAt);
    if (frame.stream === '!serverShutdown') return { type: 'shutdown' };
    if (Array.isArray(frame.data)) return this.array(frame.stream, frame.data as readonly unknown[], receivedAt);
    if (!isRecord(frame.data)) return bad('bad_payload', null, `${frame.stream} without data`);
    return this.control(frame.data) ?? this.payload(frame.stream, frame.data, receivedAt);
  }

  /** Acks and errors come bare; the wrapped and the nested form are accepted too, since the documentation is not clear. */
  private control(f: Fields): BinanceMapped | null {
    const nested = isRecord(f.error) ? f.error : f;
    if (typeof nested.code === 'number' && typeof nested.msg === 'string') {
      return { type: 'error', id: isId(f.id) ? f.id : null, code: nested.code, words: nested.msg.slice(0, 160) };
    }
    if ('result' in f && 'id' in f) return isId(f.id) ? { type: 'ack', id: f.id } : { type: 'ignored', stream: null };
    return null;
  }

  private payload(stream: string | null, f: Fields, at: number): BinanceMapped {
    if (f.e === 'serverShutdown') return { type: 'shutdown' };
    if (typeof f.e === 'string' && UNUSED.has(f.e)) return { type: 'ignored', stream };
    const venueSymbol = typeof f.s === 'string' ? f.s : (stream?.split('@')[0]?.toUpperCase() ?? '');
    const symbol = this.options.symbolOf(venueSymbol);
    if (typeof f.e !== 'string' && isId(f.lastUpdateId)) return { type: 'ignored', stream };
    const type = typeof f.e === 'string' ? f.e : 'u' in f && 'B' in f ? 'bookTicker' : 'unknown';
    if (type === 'unknown') return bad('unknown_type', symbol, `a payload with the keys ${Object.keys(f).slice(0, 8).join(', ')}`);
    if (symbol === null) return bad('unknown_symbol', null, `${type} of ${venueSymbol.slice(0, 24) || 'no symbol'}`);
    return this.byType(type, { stream, venueSymbol, symbol, f, at });
  }

  private byType(type: string, p: Payload): BinanceMapped {
    const { f } = p;
    switch (type) {
      case 'trade':
        return isTrade(f) ? this.trade(p, 'trade', f, f.t) : refuse(type, p);
      case 'aggTrade':
        return isAggTrade(f) ? this.trade(p, 'aggTrade', f, f.a) : refuse(type, p);
      case 'bookTicker':
        return this.bookTicker(p);
      case '24hrMiniTicker':
      case '24hrTicker':
        return this.ticker(p);
      case 'kline':
        return this.kline(p);
      case 'depthUpdate':
        return isDepthUpdate(f) ? { type: 'depth', stream: p.stream, symbol: p.symbol, update: f } : refuse(type, p);
      default:
        return bad('unknown_type', p.symbol, `event type ${type.slice(0, 40)}`);
    }
  }

  private array(stream: string, items: readonly unknown[], at: number): BinanceMapped {
    const events: MarketInput[] = [];
    for (const item of items) {
      if (!isRecord(item) || typeof item.s !== 'string' || this.options.symbolOf(item.s) === null) continue;
      const mapped = this.payload(stream, item, at);
      if (mapped.type === 'events') events.push(...mapped.events);
    }
    return { type: 'events', stream, venueSymbol: '', family: 'ticker', id: null, events };
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: VENUE, kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }

  private trade(p: Payload, family: 'trade' | 'aggTrade', f: BinanceTrade | BinanceAggTrade, id: number): BinanceMapped {
    // The documentation's trap: `m` says that the buyer was the maker, so the taker sold.
    const side = f.m ? 'sell' : 'buy';
    const text = family === 'trade' ? String(id) : `a${id}`;
    return events(p, family, id, { type: 'trade', ...this.origin(p.symbol, toMs(f.T), p.at), id: text, price: f.p, size: f.q, side });
  }

  private bookTicker(p: Payload): BinanceMapped {
    const { f } = p;
    if (!isBookTicker(f)) return refuse('bookTicker', p);
    const bid = Number(f.b) > 0;
    const ask = Number(f.a) > 0;
    return events(p, 'quote', f.u, {
      type: 'quote',
      ...this.origin(p.symbol, null, p.at),
      bid: bid ? f.b : null,
      bidSize: bid ? f.B : null,
      ask: ask ? f.a : null,
      askSize: ask ? f.A : null,
      updateId: f.u,
    });
  }

  private ticker(p: Payload): BinanceMapped {
    const { f } = p;
    if (!isMiniTicker(f)) return refuse('ticker', p);
    // A zero price means that there was no trade in 24 h: not known, never 0.
    const price = (text: string) => (Number(text) > 0 ? text : null);
    const event = { last: price(f.c), open24h: price(f.o), high24h: price(f.h), low24h: price(f.l), volume24h: f.v };
    return events(p, 'ticker', null, { type: 'ticker', ...this.origin(p.symbol, toMs(f.E), p.at), ...event });
  }

  private kline(p: Payload): BinanceMapped {
    const k = isRecord(p.f.k) ? p.f.k : null;
    if (!k || !isKline(k)) return refuse('kline', p);
    const interval = INTERVALS.find((i) => i === k.i);
    if (!interval) return { type: 'ignored', stream: p.stream };
    const prices = [k.o, k.h, k.l, k.c].map(Number);
    const venueTime = isId(p.f.E) ? toMs(p.f.E) : null;
    const candle = candleEvent(this.origin(p.symbol, venueTime, p.at), interval, toMs(k.t), prices, Number(k.v), k.x);
    return candle ? events(p, 'candle', null, candle) : refuse('kline', p);
  }

  /** Rows of REST `/klines`, ascending; the last one may be forming by `venueNow`. Unreadable rows are counted in `refused`. */
  klines(body: unknown, symbol: string, interval: Interval, at: number, venueNow: number): { readonly events: readonly CandleEvent[]; readonly refused: number } {
    if (!Array.isArray(body)) return { events: [], refused: 1 };
    const found: CandleEvent[] = [];
    for (const row of body as readonly unknown[]) {
      const candle = Array.isArray(row) ? this.klineRow(row as readonly unknown[], symbol, interval, at, venueNow) : null;
      if (candle) found.push(candle);
    }
    return { events: found, refused: body.length - found.length };
  }

  /** `[openMs,"o","h","l","c","v",closeMs,"quoteVolume",trades,"takerBase","takerQuote","0"]` */
  private klineRow(row: readonly unknown[], symbol: string, interval: Interval, at: number, venueNow: number): CandleEvent | null {
    const [open, ...rest] = row;
    const prices = rest.slice(0, 4);
    const [volume, close] = rest.slice(4);
    if (!isId(open) || !isId(close) || !prices.every(isPositive) || !isDecimal(volume)) return null;
    const origin = { ...this.origin(symbol, toMs(close), at), route: this.options.route === 'socket' ? ('rest' as const) : this.options.route };
    return candleEvent(origin, interval, toMs(open), prices.map(Number), Number(volume), toMs(close) < venueNow);
  }

  /** Body of REST `/depth`; null when it is not one. */
  depthSnapshot(body: unknown): BinanceDepthSnapshot | null {
    return isRecord(body) && isDepthSnapshot(body) ? body : null;
  }
}

interface Payload {
  readonly stream: string | null;
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly f: Fields;
  readonly at: number;
}

function events(p: Payload, family: 'trade' | 'aggTrade' | 'quote' | 'ticker' | 'candle', id: number | null, event: MarketInput): BinanceMapped {
  return { type: 'events', stream: p.stream, venueSymbol: p.venueSymbol, family, id, events: [event] };
}

/** Null when the prices contradict one another. */
function candleEvent(origin: EventOrigin, interval: Interval, openTime: number, prices: readonly number[], volume: number, closed: boolean): CandleEvent | null {
  const [open = 0, high = 0, low = 0, close = 0] = prices;
  if (high < Math.max(open, close, low) || low > Math.min(open, close)) return null;
  return { type: 'candle', ...origin, interval, openTime, open, high, low, close, volume, closed };
}

function bad(code: BadInputEvent['code'], symbol: string | null, detail: string): BinanceMapped {
  return { type: 'bad', code, symbol, detail };
}

/** A payload of a known type with a missing or unreadable field; the code tells a wrong number from a wrong form. */
function refuse(type: string, p: Payload): BinanceMapped {
  const numbers = [p.f.p, p.f.q, p.f.b, p.f.a, p.f.c, p.f.o].filter((x) => x !== undefined);
  const unreadable = numbers.some((x) => typeof x === 'object' ? x === null : !isDecimal(x));
  const zero = type.endsWith('rade') && [p.f.p, p.f.q].every(isDecimal) && Number(p.f.p) * Number(p.f.q) === 0;
  return bad(unreadable || zero ? 'bad_number' : 'bad_payload', p.symbol, `${type}: ${JSON.stringify(p.f).slice(0, 160)}`);
}
