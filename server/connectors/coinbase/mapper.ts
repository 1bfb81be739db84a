import { INTERVAL_MS, type Interval } from '@/core/contract';
import type { CandleEvent, EventOrigin, LevelChange, TradeEvent } from '@/core/market/events';
import { isRecord, parseJson } from '../base/json';
import { shownAs } from '../base/jsonNumber';
import { mapExchange } from './exchange';
import { bad, Findings, numberFault, origin, takerSide, tickerEvent, type CoinbaseMapped, type CoinbaseMapperOptions, type Fields } from './mapped';
import { isCandle, isLevel, isTicker, isTrade, timeOf } from './raw';

const UNUSED = new Set(['status', 'ticker_batch', 'user', 'futures_balance_summary']);
const DATA = new Set(['market_trades', 'ticker', 'candles', 'l2_data']);
/** Bars of the `candles` channel. */
const STREAM_INTERVAL: Interval = '5m';

/** Turns frames of both feeds into events. Pure: no clock, no log, no memory. */
export class CoinbaseMapper {
  constructor(readonly options: CoinbaseMapperOptions) {}

  map(raw: string, at: number): CoinbaseMapped {
    const frame = parseJson(raw);
    if (frame === undefined) return bad('bad_json', `not JSON: ${raw.slice(0, 60)}`);
    if (!isRecord(frame)) return bad('bad_payload', 'not an object');
    if (frame.type === 'error') return { type: 'error', sequence: null, refusals: [], words: errorWords(frame) };
    if (typeof frame.channel === 'string') return this.channel(frame.channel, frame, at);
    return typeof frame.type === 'string' ? mapExchange(frame.type, frame, at, this.options) : bad('unknown_type', `a frame with the keys ${Object.keys(frame).slice(0, 8).join(', ')}`);
  }

  private channel(channel: string, f: Fields, at: number): CoinbaseMapped {
    const sequence = Number.isSafeInteger(f.sequence_num) ? Number(f.sequence_num) : null;
    if (channel === 'heartbeats') return { type: 'heartbeat', sequence, refusals: [] };
    if (UNUSED.has(channel)) return { type: 'ignored', sequence, refusals: [] };
    const events = Array.isArray(f.events) ? (f.events as readonly unknown[]).filter(isRecord) : null;
    if (!events) return bad('bad_payload', `${channel.slice(0, 40)} without events`, sequence);
    if (channel === 'subscriptions') return { type: 'ack', sequence, refusals: [], streams: events.flatMap(activeStreams) };
    if (!DATA.has(channel)) return bad('unknown_type', `channel ${channel.slice(0, 40)}`, sequence);
    const found = new Findings();
    const time = timeOf(f.timestamp);
    for (const event of events) {
      if (channel === 'market_trades') this.trades(event, at, found);
      else if (channel === 'ticker') this.tickers(event, time, at, found);
      else if (channel === 'candles') this.candles(event, time, at, found);
      else this.level2(event, time, found);
    }
    return found.data(sequence);
  }

  /** Each entry of a list with the symbol of its product; what is not wanted or readable is refused. */
  private *entries(list: unknown, channel: string, found: Findings): Generator<{ readonly f: Fields; readonly symbol: string }> {
    if (!Array.isArray(list)) return found.refuse('bad_payload', null, `${channel} without its list`);
    for (const f of list as readonly unknown[]) {
      const productId = isRecord(f) && typeof f.product_id === 'string' ? f.product_id : '';
      const symbol = this.options.symbolOf(productId);
      if (!isRecord(f)) found.refuse('bad_payload', null, `${channel}: not an object`);
      else if (symbol === null) found.refuse('unknown_symbol', null, `${channel} of ${productId.slice(0, 24) || 'no product'}`);
      else {
        found.streams.add(`${channel}:${productId}`);
        yield { f, symbol };
      }
    }
  }

  private trades(event: Fields, at: number, found: Findings): void {
    const trades: TradeEvent[] = [];
    for (const { f, symbol } of this.entries(event.trades, 'market_trades', found)) {
      if (!isTrade(f)) found.refuse(numberFault([f.price, f.size]), symbol, `trade: ${JSON.stringify(f).slice(0, 160)}`);
      else trades.push({ type: 'trade', ...origin(this.options, symbol, timeOf(f.time), at), id: f.trade_id, price: f.price, size: f.size, side: takerSide(f.side) });
    }
    // The venue sends the newest first.
    found.events.push(...trades.reverse());
  }

  private tickers(event: Fields, time: number | null, at: number, found: Findings): void {
    for (const { f, symbol } of this.entries(event.tickers, 'ticker', found)) {
      if (!isTicker(f)) {
        found.refuse(numberFault([f.price, f.best_bid, f.best_ask, f.volume_24_h]), symbol, `ticker: ${JSON.stringify(f).slice(0, 160)}`);
        continue;
      }
      const from = origin(this.options, symbol, time, at);
      const side = (price: string, size: string) => (Number(price) > 0 ? { price, size: Number(size) > 0 ? size : null } : { price: null, size: null });
      const bid = side(f.best_bid, f.best_bid_quantity);
      const ask = side(f.best_ask, f.best_ask_quantity);
      found.events.push({ type: 'quote', ...from, bid: bid.price, bidSize: bid.size, ask: ask.price, askSize: ask.size, updateId: null });
      const open24h = openOf(f.price, f.price_percent_chg_24_h);
      found.events.push(tickerEvent(from, { last: f.price, open24h, high24h: f.high_24_h, low24h: f.low_24_h, volume24h: f.volume_24_h }));
    }
  }

  private candles(event: Fields, time: number | null, at: number, found: Findings): void {
    for (const { f, symbol } of this.entries(event.candles, 'candles', found)) {
      const candle = this.candle(f, symbol, STREAM_INTERVAL, origin(this.options, symbol, time, at), time ?? at);
      if (candle) found.events.push(candle);
      else found.refuse(numberFault([f.open, f.high, f.low, f.close]), symbol, `candle: ${JSON.stringify(f).slice(0, 160)}`);
    }
  }

  private level2(event: Fields, time: number | null, found: Findings): void {
    const productId = typeof event.product_id === 'string' ? event.product_id : '';
    const symbol = this.options.symbolOf(productId);
    if (symbol === null) return found.refuse('unknown_symbol', null, `level2 of ${productId.slice(0, 24) || 'no product'}`);
    found.streams.add(`level2:${productId}`);
    const action = event.type === 'snapshot' || event.type === 'update' ? event.type : 'broken';
    const levels = Array.isArray(event.updates) && action !== 'broken' ? readLevels(event.updates as readonly unknown[]) : null;
    const part = { productId, symbol, venueTime: time };
    if (levels) found.books.push({ ...part, action, ...levels, detail: '' });
    else {
      found.refuse('bad_payload', symbol, `level2 ${shownAs(event.type).slice(0, 24)} cannot be read`);
      found.books.push({ ...part, action: 'broken', bids: [], asks: [], detail: 'a change of the book could not be read' });
    }
  }

  /** Null when it is unreadable or its prices contradict one another. `venueNow` decides whether it is closed. */
  private candle(f: Fields, symbol: string, interval: Interval, from: EventOrigin, venueNow: number): CandleEvent | null {
    if (!isCandle(f)) return null;
    const [open, high, low, close] = [f.open, f.high, f.low, f.close].map(Number) as [number, number, number, number];
    if (high < Math.max(open, close, low) || low > Math.min(open, close)) return null;
    const openTime = Number(f.start) * 1_000;
    const closed = openTime + INTERVAL_MS[interval] <= venueNow;
    return { type: 'candle', ...from, symbol, interval, openTime, open, high, low, close, volume: Number(f.volume), closed };
  }

  /** Body of REST `candles`, newest first, as ascending events. Unreadable rows are counted in `refused`. */
  candleRows(body: unknown, symbol: string, interval: Interval, at: number, venueNow: number): { readonly events: readonly CandleEvent[]; readonly refused: number } {
    const rows = isRecord(body) ? body.candles : null;
    if (!Array.isArray(rows)) return { events: [], refused: 1 };
    const route = this.options.route === 'socket' ? ('rest' as const) : this.options.route;
    const events = (rows as readonly unknown[]).flatMap((row) => {
      const start = isRecord(row) ? Number(row.start) * 1_000 : Number.NaN;
      const from = { ...origin(this.options, symbol, Number.isFinite(start) ? start + INTERVAL_MS[interval] : null, at), route };
      const candle = isRecord(row) ? this.candle(row, symbol, interval, from, venueNow) : null;
      return candle ? [candle] : [];
    });
    return { events: events.sort((a, b) => a.openTime - b.openTime), refused: rows.length - events.length };
  }
}

/** Levels by side; null when one of them cannot be read: a book with a hole in it is worth nothing. */
export function readLevels(updates: readonly unknown[]): { readonly bids: LevelChange[]; readonly asks: LevelChange[] } | null {
  const bids: LevelChange[] = [];
  const asks: LevelChange[] = [];
  for (const update of updates) {
    if (!isRecord(update) || !isLevel(update)) return null;
    (update.side === 'bid' ? bids : asks).push([update.price_level, update.new_quantity]);
  }
  return { bids, asks };
}

/** The price of 24 h ago, which the venue tells as a change in percent: price / (1 + change), to the digits of the price. */
function openOf(price: string, percent: unknown): string | null {
  if (typeof percent !== 'string' || !/^-?\d{1,6}(\.\d{1,20})?$/.test(percent) || Number(percent) <= -100) return null;
  const decimals = Math.min(20, Math.max(2, price.length - 1 - (price.includes('.') ? price.indexOf('.') : price.length - 1)));
  return (Number(price) / (1 + Number(percent) / 100)).toFixed(decimals);
}

function activeStreams(event: Fields): string[] {
  if (!isRecord(event.subscriptions)) return [];
  return Object.entries(event.subscriptions).flatMap(([channel, products]) =>
    Array.isArray(products) ? products.filter((p: unknown) => typeof p === 'string').map((p) => `${channel}:${p}`) : []);
}

function errorWords(frame: Fields): string {
  return [frame.message, frame.reason].filter((t) => typeof t === 'string').join(': ').slice(0, 160) || 'no reason given';
}
