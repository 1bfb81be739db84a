import type { DataKind, Interval, Route } from '@/core/contract';
import type { BadInputEvent, CandleEvent, EventOrigin, LevelChange, MarketInput, QuoteEvent } from '@/core/market/events';
import { isRecord, parseJson } from '../base/json';
import { shownAs } from '../base/jsonNumber';
import type { OkxBookData } from './book';
import { isCandle, isDecimalOrNone, isDepth, isTicker, isTrade, type OkxCandle, type OkxDepth, type OkxLevel, type OkxTicker } from './raw';
import { splitOkx } from './symbols';

export interface OkxBad {
  readonly code: BadInputEvent['code'];
  readonly symbol: string | null;
  readonly detail: string;
}

/** What one frame means. `stream` is `channel:instId`, as in the subscription. */
export type OkxMapped =
  | { readonly type: 'events'; readonly stream: string; readonly instId: string; readonly family: 'trade' | 'touch' | 'ticker' | 'candle'; readonly events: readonly MarketInput[]; readonly bad: OkxBad | null }
  | { readonly type: 'book'; readonly stream: string; readonly instId: string; readonly symbol: string; readonly action: 'snapshot' | 'update'; readonly data: OkxBookData }
  | { readonly type: 'ack'; readonly op: 'subscribe' | 'unsubscribe'; readonly stream: string }
  | { readonly type: 'error'; readonly code: string; readonly stream: string | null; readonly words: string }
  /** Notice 64008: the connection ends within a minute. */
  | { readonly type: 'shutdown' }
  | { readonly type: 'pong' }
  /** Known and not used here. */
  | { readonly type: 'ignored' }
  /** `book`: what could not be read was part of an order book, which is incomplete from here on. */
  | ({ readonly type: 'bad'; readonly book?: { readonly stream: string; readonly instId: string } } & OkxBad);

export interface OkxMapperOptions {
  readonly kind: DataKind;
  readonly route: Route;
  /** Canonical symbol of an instrument id; null when it is not wanted. */
  readonly symbolOf: (instId: string) => string | null;
}

type Fields = Readonly<Record<string, unknown>>;
const VENUE = 'okx';
/** Timeframes shared with ours. Days without `utc` begin at midnight UTC+8 and are no days of ours. */
export const OKX_BARS: ReadonlyMap<string, Interval> = new Map([['1m', '1m'], ['5m', '5m'], ['15m', '15m'], ['1H', '1h'], ['4H', '4h'], ['1Dutc', '1d']]);
const BOOKS = new Set(['books', 'books-l2-tbt', 'books50-l2-tbt']);
const TOUCHES = new Set(['bbo-tbt', 'books5']);
/** `trades-all` has the same trades as `trades`, not merged: both together would count twice. */
const UNUSED = new Set(['trades-all', 'books-rpi', 'index-tickers', 'mark-price', 'status', 'instruments', 'open-interest', 'funding-rate', 'price-limit']);
const QUIET_EVENTS = new Set(['channel-conn-count', 'channel-conn-count-error', 'login']);
const NOTICE_SHUTDOWN = '64008';

/** Turns frames of the public and business sockets into events. Pure: no clock, no log, no memory. */
export class OkxMapper {
  constructor(private readonly options: OkxMapperOptions) {}

  map(raw: string, receivedAt: number): OkxMapped {
    if (raw === 'pong') return { type: 'pong' };
    const frame = parseJson(raw);
    if (frame === undefined) return bad('bad_json', null, `not JSON: ${raw.slice(0, 60)}`);
    if (!isRecord(frame)) return bad('bad_payload', null, 'not an object');
    if (typeof frame.event === 'string') return this.control(frame.event, frame);
    const arg = isRecord(frame.arg) ? frame.arg : null;
    if (!arg || typeof arg.channel !== 'string') return bad('unknown_type', null, `a frame with the keys ${Object.keys(frame).slice(0, 8).join(', ')}`);
    return this.payload(arg.channel, typeof arg.instId === 'string' ? arg.instId : '', frame, receivedAt);
  }

  /** Body of REST `/market/books`; null when it is not one. */
  restBook(body: unknown): OkxBookData | null {
    const data = isRecord(body) && Array.isArray(body.data) ? (body.data as readonly unknown[])[0] : null;
    return isRecord(data) && isDepth(data) ? bookData(data) : null;
  }

  /** Rows of REST `/market/candles`, newest first; they come out ascending. Unreadable rows are counted in `refused`. */
  restCandles(body: unknown, symbol: string, interval: Interval, at: number): { readonly events: readonly CandleEvent[]; readonly refused: number } {
    if (!isRecord(body) || !Array.isArray(body.data)) return { events: [], refused: 1 };
    const rows = body.data as readonly unknown[];
    const route = this.options.route === 'socket' ? 'rest' : this.options.route;
    const found = rows.flatMap((row) => (isCandle(row) ? (candleEvent({ ...this.origin(symbol, null, at), route }, interval, row) ?? []) : []));
    return { events: found.sort((a, b) => a.openTime - b.openTime), refused: rows.length - found.length };
  }

  private control(event: string, f: Fields): OkxMapped {
    const arg = isRecord(f.arg) ? f.arg : {};
    const stream = typeof arg.channel === 'string' ? `${arg.channel}:${typeof arg.instId === 'string' ? arg.instId : ''}` : null;
    const words = typeof f.msg === 'string' ? f.msg.slice(0, 160) : '';
    if (event === 'error') return { type: 'error', code: shownAs(f.code).slice(0, 16), stream: stream ?? streamInWords(words), words };
    if (event === 'notice') return f.code === NOTICE_SHUTDOWN ? { type: 'shutdown' } : { type: 'ignored' };
    if ((event === 'subscribe' || event === 'unsubscribe') && stream !== null) return { type: 'ack', op: event, stream };
    return QUIET_EVENTS.has(event) ? { type: 'ignored' } : bad('unknown_type', null, `event ${event.slice(0, 40)}`);
  }

  private payload(channel: string, instId: string, frame: Fields, at: number): OkxMapped {
    if (UNUSED.has(channel)) return { type: 'ignored' };
    const rows = Array.isArray(frame.data) ? (frame.data as readonly unknown[]) : null;
    const symbol = this.options.symbolOf(instId);
    if (!rows) return bad('bad_payload', symbol, `${channel.slice(0, 40)} without data`);
    // Derivatives count in contracts; the product shows spot.
    if (symbol === null && instId !== '' && splitOkx(instId) === null) return { type: 'ignored' };
    const known = BOOKS.has(channel) || TOUCHES.has(channel) || channel === 'tickers' || channel === 'trades' || channel.startsWith('candle');
    if (!known) return bad('unknown_type', symbol, `channel ${channel.slice(0, 40)}`);
    if (symbol === null) return bad('unknown_symbol', null, `${channel} of ${instId.slice(0, 24) || 'no instrument'}`);
    const place: Place = { channel, stream: `${channel}:${instId}`, instId, symbol, at };
    if (BOOKS.has(channel)) return this.book(place, frame.action, rows);
    if (channel.startsWith('candle')) return this.candles(place, rows);
    return this.each(place, rows);
  }

  private each(place: Place, rows: readonly unknown[]): OkxMapped {
    const events: MarketInput[] = [];
    let refused: OkxBad | null = null;
    for (const row of rows) {
      const made = isRecord(row) ? this.row(place, row) : null;
      if (made) events.push(...made);
      else refused ??= badRow(place, row);
    }
    if (place.channel === 'trades') events.sort((a, b) => tradeNumber(a) - tradeNumber(b));
    const family = place.channel === 'trades' ? 'trade' : place.channel === 'tickers' ? 'ticker' : 'touch';
    return done(place, family, events, refused);
  }

  private row(place: Place, f: Fields): readonly MarketInput[] | null {
    const { symbol, at, channel } = place;
    if (channel === 'trades') {
      if (!isTrade(f)) return null;
      return [{ type: 'trade', ...this.origin(symbol, Number(f.ts), at), id: f.tradeId, price: f.px, size: f.sz, side: f.side }];
    }
    if (channel === 'tickers') {
      if (!isTicker(f)) return null;
      return tickerEvents(this.origin(symbol, Number(f.ts), at), f);
    }
    if (!isDepth(f)) return null;
    return [touch(this.origin(symbol, Number(f.ts), at), f.bids[0], f.asks[0], f.seqId ?? null)];
  }

  /** Body of REST `/market/tickers`, rows as in the channel of that name; null when it is not one. What is unreadable or not wanted is skipped. */
  restTickers(body: unknown, at: number): readonly MarketInput[] | null {
    if (!isRecord(body) || !Array.isArray(body.data)) return null;
    return (body.data as readonly unknown[]).flatMap((row) => {
      const symbol = isRecord(row) && typeof row.instId === 'string' ? this.options.symbolOf(row.instId) : null;
      if (symbol === null || !isRecord(row) || !isTicker(row)) return [];
      return tickerEvents({ ...this.origin(symbol, Number(row.ts), at), route: 'rest' }, row);
    });
  }

  private candles(place: Place, rows: readonly unknown[]): OkxMapped {
    const interval = OKX_BARS.get(place.channel.slice('candle'.length));
    if (!interval) return { type: 'ignored' };
    const events: CandleEvent[] = [];
    let refused: OkxBad | null = null;
    for (const row of rows) {
      const event = isCandle(row) ? candleEvent(this.origin(place.symbol, null, place.at), interval, row) : null;
      if (event) events.push(event);
      else refused ??= { code: 'bad_payload', symbol: place.symbol, detail: `${place.channel}: ${JSON.stringify(row).slice(0, 160)}` };
    }
    return done(place, 'candle', events, refused);
  }

  private book(place: Place, action: unknown, rows: readonly unknown[]): OkxMapped {
    const [row] = rows;
    if ((action !== 'snapshot' && action !== 'update') || rows.length !== 1 || !isRecord(row) || !isDepth(row)) {
      return { type: 'bad', ...badRow(place, row ?? null), book: { stream: place.stream, instId: place.instId } };
    }
    return { type: 'book', stream: place.stream, instId: place.instId, symbol: place.symbol, action, data: bookData(row) };
  }

  private origin(symbol: string, venueTime: number | null, receiveTime: number): EventOrigin {
    return { venue: VENUE, kind: this.options.kind, route: this.options.route, symbol, venueTime, receiveTime };
  }
}

interface Place {
  readonly channel: string;
  readonly stream: string;
  readonly instId: string;
  readonly symbol: string;
  readonly at: number;
}

/** Empty and zero texts mean that there is none. */
function positive(text: string): string | null {
  return Number(text) > 0 ? text : null;
}

function tradeNumber(event: MarketInput): number {
  return event.type === 'trade' ? Number(event.id) : 0;
}

function touch(origin: EventOrigin, bid: OkxLevel | undefined, ask: OkxLevel | undefined, updateId: number | null): QuoteEvent {
  const bidPrice = bid ? positive(bid[0]) : null;
  const askPrice = ask ? positive(ask[0]) : null;
  return {
    type: 'quote', ...origin, updateId,
    bid: bidPrice, bidSize: bidPrice === null ? null : positive(bid?.[1] ?? ''),
    ask: askPrice, askSize: askPrice === null ? null : positive(ask?.[1] ?? ''),
  };
}

function tickerEvents(origin: EventOrigin, f: OkxTicker): readonly MarketInput[] {
  const ticker = { last: positive(f.last), open24h: positive(f.open24h), high24h: positive(f.high24h), low24h: positive(f.low24h), volume24h: f.vol24h || null };
  return [{ type: 'ticker', ...origin, ...ticker }, touch(origin, [f.bidPx, f.bidSz], [f.askPx, f.askSz], null)];
}

function bookData(f: OkxDepth): OkxBookData {
  const levels = (side: readonly OkxLevel[]) => side.map(([price, size]): LevelChange => [price, size]);
  return { bids: levels(f.bids), asks: levels(f.asks), ts: Number(f.ts), seqId: f.seqId ?? null, prevSeqId: f.prevSeqId ?? null, checksum: f.checksum || null };
}

/** Null when the prices contradict one another. */
function candleEvent(origin: EventOrigin, interval: Interval, row: OkxCandle): CandleEvent | null {
  const [openTime = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row.map(Number);
  if (high < Math.max(open, close, low) || low > Math.min(open, close)) return null;
  return { type: 'candle', ...origin, interval, openTime, open, high, low, close, volume, closed: row.at(-1) === '1' };
}

/** Answers of all-or-nothing frames: bad when nothing in it could be read. */
function done(place: Place, family: 'trade' | 'touch' | 'ticker' | 'candle', events: readonly MarketInput[], refused: OkxBad | null): OkxMapped {
  if (events.length === 0 && refused) return { type: 'bad', ...refused };
  return { type: 'events', stream: place.stream, instId: place.instId, family, events, bad: refused };
}

function bad(code: OkxBad['code'], symbol: string | null, detail: string): OkxMapped {
  return { type: 'bad', code, symbol, detail };
}

const PRICES = ['px', 'sz', 'last', 'askPx', 'askSz', 'bidPx', 'bidSz', 'open24h', 'high24h', 'low24h', 'vol24h'] as const;

/** A row of a known channel with a missing or unreadable field; the code tells a wrong number from a wrong form. */
function badRow(place: Place, row: unknown): OkxBad {
  const given = isRecord(row) ? PRICES.flatMap((key) => (row[key] === undefined ? [] : [row[key]])) : [];
  const zero = place.channel === 'trades' && isRecord(row) && [row.px, row.sz].some((v) => isDecimalOrNone(v) && Number(v) === 0);
  const code = zero || given.some((v) => !isDecimalOrNone(v)) ? 'bad_number' : 'bad_payload';
  return { code, symbol: place.symbol, detail: `${place.channel}: ${JSON.stringify(row).slice(0, 160)}` };
}

/** `Wrong URL or channel:bbo-tbt,instId:XYZ-USDT doesn't exist.` names the stream in its words only. */
function streamInWords(words: string): string | null {
  const [, channel, instId] = /channel:\s*([\w-]+),\s*instId:\s*([A-Z0-9-]+)/.exec(words) ?? [];
  return channel !== undefined && instId !== undefined ? `${channel}:${instId}` : null;
}
