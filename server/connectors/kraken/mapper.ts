import { INTERVAL_MS, INTERVALS, type DataKind, type Interval, type Route } from '@/core/contract';
import type { CandleEvent, EventOrigin, QuoteEvent, TickerEvent } from '@/core/market/events';
import { scaled, scaleOf } from '@/core/util/decimal';
import { isRecord, parseJson } from '../base/json';
import { bad, type KrakenBad, type KrakenMapped, type KrakenOrigins, type KrakenPart } from './mapped';
import { decimal, levelsOf, parseExact, positive, timeOf, wholeText, type KrakenFields } from './raw';
import { readPairs } from './symbols';
import { mapV1 } from './v1';

export interface KrakenMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** Canonical symbol of a v2 name; null when it is not wanted. */
  readonly symbolOf: (venueSymbol: string) => string | null;
}

/** One entry on its way through the mapper. */
interface Entry {
  readonly f: KrakenFields;
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly snapshot: boolean;
  readonly at: number;
  /** Time of the whole message, ms; null when it has none. */
  readonly sentAt: number | null;
}

const VENUE = 'kraken';
const DATA_CHANNELS = new Set(['ticker', 'trade', 'ohlc', 'book']);
/** How the venue begins a data message: nearly all there are, known before they are parsed, which is done once. */
const DATA_MESSAGE = /^\{"channel":"(?:ticker|trade|ohlc|book)"/;
const UNUSED_CHANNELS = new Set(['heartbeat', 'level3', 'executions', 'balances']);

/** Interval of a candle of so many minutes; null when it is none of ours. */
export function intervalOf(minutes: number): Interval | null {
  return INTERVALS.find((i) => INTERVAL_MS[i] === minutes * 60_000) ?? null;
}

/** Turns frames of WebSocket v2 (and of recorded v1) into events. Pure: no clock, no log, no memory. */
export class KrakenMapper implements KrakenOrigins {
  constructor(private readonly options: KrakenMapperOptions) {}

  map(raw: string, at: number): KrakenMapped {
    const exact = DATA_MESSAGE.test(raw);
    const frame = exact ? parseExact(raw) : parseJson(raw);
    if (frame === undefined) return bad('bad_json', null, `not JSON: ${raw.slice(0, 60)}`);
    if (Array.isArray(frame) || (isRecord(frame) && typeof frame.event === 'string')) return mapV1(this, frame, at);
    if (!isRecord(frame)) return bad('bad_payload', null, 'not an object');
    if (typeof frame.method === 'string') return this.answer(frame.method, frame);
    const { channel } = frame;
    if (typeof channel !== 'string') return bad('unknown_type', null, `a message with the keys ${Object.keys(frame).slice(0, 8).join(', ')}`);
    if (channel === 'status') return statusOf(frame.data);
    if (channel === 'instrument') return { type: 'pairs', snapshot: frame.type === 'snapshot', pairs: readPairs(frame.data) };
    if (UNUSED_CHANNELS.has(channel)) return { type: 'ignored' };
    if (!DATA_CHANNELS.has(channel)) return bad('unknown_type', null, `channel ${channel.slice(0, 40)}`);
    return this.data(channel, exact ? frame : parseExact(raw), at);
  }

  known(channel: string, venueSymbol: unknown): { readonly venueSymbol: string; readonly symbol: string } | KrakenBad {
    if (typeof venueSymbol !== 'string') return bad('bad_payload', null, `${channel} without symbol`);
    const symbol = this.options.symbolOf(venueSymbol);
    return symbol === null ? bad('unknown_symbol', null, `${channel} of ${venueSymbol.slice(0, 24)}`) : { venueSymbol, symbol };
  }

  origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: VENUE, kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }

  /** Rows of REST `OHLC`, ascending: `[time_s,"o","h","l","c","vwap","volume",count]`; one may be forming by `venueNow`. */
  candles(rows: readonly unknown[], symbol: string, interval: Interval, at: number, venueNow: number): { readonly events: readonly CandleEvent[]; readonly refused: number } {
    const events = rows.flatMap((row) => {
      const [time, open, high, low, close, , volume] = Array.isArray(row) ? (row as readonly unknown[]) : [];
      if (typeof time !== 'number' || !Number.isSafeInteger(time) || time <= 0) return [];
      const openTime = time * 1_000;
      const end = openTime + INTERVAL_MS[interval];
      const origin = this.origin(symbol, Math.min(end, venueNow), at);
      const route = origin.route === 'socket' ? ('rest' as const) : origin.route;
      return candleOf({ ...origin, route }, interval, openTime, [open, high, low, close], volume, end <= venueNow) ?? [];
    });
    return { events, refused: rows.length - events.length };
  }

  /** @param message as `parseExact` reads it. */
  private data(channel: string, message: unknown, at: number): KrakenMapped {
    if (!isRecord(message) || !Array.isArray(message.data)) return bad('bad_payload', null, `${channel} without data`);
    const snapshot = message.type === 'snapshot';
    const sentAt = timeOf(message.timestamp);
    return { type: 'data', channel, parts: (message.data as readonly unknown[]).flatMap((f) => this.entry(channel, f, snapshot, at, sentAt)) };
  }

  private answer(method: string, f: KrakenFields): KrakenMapped {
    if (f.success === false) {
      const id = typeof f.req_id === 'number' ? f.req_id : null;
      const words = typeof f.error === 'string' ? f.error.slice(0, 160) : 'no reason given';
      return { type: 'refused', method, id, venueSymbol: typeof f.symbol === 'string' ? f.symbol : null, words };
    }
    const result = isRecord(f.result) ? f.result : {};
    if (typeof result.channel !== 'string') return { type: 'ignored' };
    const depth = typeof result.depth === 'number' ? result.depth : null;
    return { type: 'ack', method, channel: result.channel, venueSymbol: typeof result.symbol === 'string' ? result.symbol : null, depth };
  }

  private entry(channel: string, f: unknown, snapshot: boolean, at: number, sentAt: number | null): KrakenPart {
    if (!isRecord(f)) return bad('bad_payload', null, `${channel}: an entry that is no object`);
    const known = this.known(channel, f.symbol);
    if ('type' in known) return known;
    const entry = { f, ...known, snapshot, at, sentAt };
    if (channel === 'ticker') return this.ticker(entry);
    if (channel === 'trade') return this.trade(entry);
    return channel === 'ohlc' ? this.candle(entry) : this.book(entry);
  }

  /** A pair that was never traded has zeros and the year 1970: no data, not a price. */
  private ticker(e: Entry): KrakenPart {
    const { f, symbol, venueSymbol } = e;
    const time = timeOf(f.timestamp);
    const [bid, ask, last, high, low, volume] = [f.bid, f.ask, f.last, f.high, f.low, f.volume].map(decimal);
    const [bidSize, askSize] = [decimal(f.bid_qty), decimal(f.ask_qty)];
    if (bid == null || ask == null || bidSize === null || askSize === null || last == null || high == null || low == null || volume == null) return refuse('ticker', e);
    if (time !== null && time <= 0) return { type: 'ticker', venueSymbol, events: [] };
    const price = (text: string) => (Number(text) > 0 ? text : null);
    const origin = this.origin(symbol, time, e.at);
    const quote: QuoteEvent = { type: 'quote', ...origin, bid: price(bid), bidSize: price(bid) && bidSize, ask: price(ask), askSize: price(ask) && askSize, updateId: null };
    const ticker: TickerEvent = { type: 'ticker', ...origin, last: price(last), open24h: openOf(last, f.change), high24h: price(high), low24h: price(low), volume24h: volume };
    return { type: 'ticker', venueSymbol, events: [quote, ticker] };
  }

  private trade(e: Entry): KrakenPart {
    const { f, symbol, venueSymbol, snapshot } = e;
    const [price, size, id] = [positive(f.price), positive(f.qty), wholeText(f.trade_id)];
    const time = timeOf(f.timestamp);
    if (price === null || size === null || id === null || time === null) return refuse('trade', e);
    // An unknown side must not be guessed.
    if (f.side !== 'buy' && f.side !== 'sell') return refuse('trade', e);
    return { type: 'trade', venueSymbol, snapshot, order: Number(id), event: { type: 'trade', ...this.origin(symbol, time, e.at), id, price, size, side: f.side } };
  }

  private candle(e: Entry): KrakenPart {
    const { f, symbol, venueSymbol } = e;
    const openTime = timeOf(f.interval_begin);
    const interval = intervalOf(Number(wholeText(f.interval) ?? 0));
    if (openTime === null || interval === null) return refuse('ohlc', e);
    const event = candleOf(this.origin(symbol, e.sentAt, e.at), interval, openTime, [f.open, f.high, f.low, f.close], f.volume, false);
    return event ? { type: 'candle', venueSymbol, event } : refuse('ohlc', e);
  }

  private book(e: Entry): KrakenPart {
    const { f, symbol, venueSymbol, snapshot } = e;
    const pairs = (side: unknown) => levelsOf((Array.isArray(side) ? (side as readonly unknown[]) : []).map((l) => (isRecord(l) ? [l.price, l.qty] : [null, null])));
    const [bids, asks] = [pairs(f.bids), pairs(f.asks)];
    const checksum = f.checksum === undefined ? null : wholeText(f.checksum);
    if (!bids || !asks || (f.checksum !== undefined && checksum === null)) return { ...refuse('book', e), book: venueSymbol };
    const message = { snapshot, bids, asks, checksum: checksum === null ? null : Number(checksum), time: timeOf(f.timestamp) };
    return { type: 'book', venueSymbol, symbol, depth: null, message };
  }
}

/** Price of 24 h ago: last price minus change, exactly; null when one of them is not given. */
function openOf(last: string, change: unknown): string | null {
  const [, minus, size] = typeof change === 'string' ? (/^(-?)(\d{1,20}(?:\.\d{1,20})?)$/.exec(change) ?? []) : [];
  if (size === undefined || Number(last) <= 0) return null;
  const scale = Math.max(scaleOf(last), scaleOf(size));
  const units = scaled(last, scale) + (minus ? 1n : -1n) * scaled(size, scale);
  if (units <= 0n) return null;
  const text = units.toString().padStart(scale + 1, '0');
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** Null when a value is missing or the prices contradict one another. */
function candleOf(origin: EventOrigin, interval: Interval, openTime: number, prices: readonly unknown[], size: unknown, closed: boolean): CandleEvent | null {
  const texts = prices.map(positive);
  const volume = decimal(size);
  if (texts.includes(null) || volume === null) return null;
  const [open = 0, high = 0, low = 0, close = 0] = texts.map(Number);
  if (high < Math.max(open, close, low) || low > Math.min(open, close)) return null;
  return { type: 'candle', ...origin, interval, openTime, open, high, low, close, volume: Number(volume), closed };
}

function statusOf(data: unknown): KrakenMapped {
  const [first] = Array.isArray(data) ? (data as readonly unknown[]) : [];
  return isRecord(first) && typeof first.system === 'string' ? { type: 'status', system: first.system.slice(0, 40) } : bad('bad_payload', null, 'status without system');
}

/** A payload of a known type with a missing or unreadable field; the code tells a wrong number from a wrong form. */
function refuse(type: string, { f, symbol }: Entry): KrakenBad {
  const given = [f.price, f.qty, f.bid, f.ask, f.last, f.open, f.close].filter((x) => x !== undefined);
  const unreadable = given.some((x) => decimal(x) === null);
  const zero = type === 'trade' && [f.price, f.qty].every((x) => decimal(x) !== null) && Number(f.price) * Number(f.qty) === 0;
  return bad(unreadable || zero ? 'bad_number' : 'bad_payload', symbol, `${type}: ${JSON.stringify(f).slice(0, 160)}`);
}
