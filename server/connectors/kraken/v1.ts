import type { LevelChange, QuoteEvent, TickerEvent } from '@/core/market/events';
import { isRecord } from '../base/json';
import { bad, type KrakenMapped, type KrakenOrigins, type KrakenPart } from './mapped';
import { decimal, levelsOf, positive, secondsOf, type KrakenFields } from './raw';
import { fromOldName } from './symbols';

/**
 * WebSocket v1, which is frozen: read from recordings, never asked for. Texts in arrays, names of old (`XBT/USD`), no numbers
 * of trades, the book checksum as a text. A message is `[channel id, payload, (second payload), channel name, pair]`.
 */
export function mapV1(mapper: KrakenOrigins, frame: unknown, at: number): KrakenMapped {
  if (!Array.isArray(frame)) return isRecord(frame) ? event(frame) : bad('bad_payload', null, 'not an object');
  const items = frame as readonly unknown[];
  const [channel, pair] = items.slice(-2);
  if (items.length < 4 || typeof channel !== 'string' || typeof pair !== 'string') return bad('unknown_type', null, 'an array that is no message of v1');
  const family = channel.split('-')[0] ?? '';
  if (family === 'ohlc' || family === 'spread') return { type: 'ignored' };
  if (family !== 'ticker' && family !== 'trade' && family !== 'book') return bad('unknown_type', null, `channel ${channel.slice(0, 40)}`);
  const known = mapper.known(channel, fromOldName(pair));
  if ('type' in known) return known;
  const target = { mapper, ...known, at };
  const payloads = items.slice(1, -2);
  if (family === 'trade') return { type: 'data', channel: family, parts: trades(target, payloads[0]) };
  if (family === 'ticker') return { type: 'data', channel: family, parts: [ticker(target, payloads[0])] };
  return { type: 'data', channel: family, parts: [book(target, Number(channel.split('-')[1]) || null, payloads)] };
}

interface Target {
  readonly mapper: KrakenOrigins;
  readonly venueSymbol: string;
  readonly symbol: string;
  readonly at: number;
}

function event(f: KrakenFields): KrakenMapped {
  if (f.event === 'systemStatus') return { type: 'status', system: String(f.status).slice(0, 40) };
  if (f.event === 'heartbeat' || f.event === 'pong') return { type: 'ignored' };
  if (f.event !== 'subscriptionStatus') return bad('unknown_type', null, `event ${String(f.event).slice(0, 40)}`);
  const venueSymbol = typeof f.pair === 'string' ? fromOldName(f.pair) : null;
  const id = typeof f.reqid === 'number' ? f.reqid : null;
  if (f.status === 'error') return { type: 'refused', method: 'subscribe', id, venueSymbol, words: String(f.errorMessage).slice(0, 160) };
  const { name, depth } = isRecord(f.subscription) ? f.subscription : {};
  return { type: 'ack', method: f.status === 'unsubscribed' ? 'unsubscribe' : 'subscribe', channel: String(name), venueSymbol, depth: typeof depth === 'number' ? depth : null };
}

/** The id is made of all that a trade has, so that a repeated message gives the same ones. */
function trades(t: Target, payload: unknown): readonly KrakenPart[] {
  if (!Array.isArray(payload)) return [bad('bad_payload', t.symbol, 'trade without rows')];
  return (payload as readonly unknown[]).map((row, index): KrakenPart => {
    const [rawPrice, rawSize, rawTime, rawSide] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    const [price, size, time] = [positive(rawPrice), positive(rawSize), secondsOf(rawTime)];
    if (price === null || size === null || time === null || (rawSide !== 'b' && rawSide !== 's')) return bad('bad_payload', t.symbol, `trade: ${JSON.stringify(row).slice(0, 160)}`);
    const id = [rawTime, rawSide, price, size, index].join(':');
    const side = rawSide === 'b' ? ('buy' as const) : ('sell' as const);
    return { type: 'trade', venueSymbol: t.venueSymbol, snapshot: false, order: null, event: { type: 'trade', ...t.mapper.origin(t.symbol, time, t.at), id, price, size, side } };
  });
}

/** `a`, `b`, `c`: price first, size last; `v`, `h`, `l`, `o`: today, then the last 24 hours. */
function ticker(t: Target, payload: unknown): KrakenPart {
  const field = (key: string, index: number) => {
    const list = isRecord(payload) ? payload[key] : null;
    return decimal(Array.isArray(list) ? (list as readonly unknown[])[index] : null);
  };
  const [bid, bidSize, ask, askSize, last] = [field('b', 0), field('b', 2), field('a', 0), field('a', 2), field('c', 0)];
  if (bid === null || bidSize === null || ask === null || askSize === null || last === null) return bad('bad_payload', t.symbol, `ticker: ${JSON.stringify(payload).slice(0, 160)}`);
  const price = (text: string | null) => (Number(text) > 0 ? text : null);
  const origin = t.mapper.origin(t.symbol, null, t.at);
  const quote: QuoteEvent = { type: 'quote', ...origin, bid: price(bid), bidSize: price(bid) && bidSize, ask: price(ask), askSize: price(ask) && askSize, updateId: null };
  const facts: TickerEvent = { type: 'ticker', ...origin, last: price(last), open24h: price(field('o', 1)), high24h: price(field('h', 1)), low24h: price(field('l', 1)), volume24h: field('v', 1) };
  return { type: 'ticker', venueSymbol: t.venueSymbol, events: [quote, facts] };
}

/** `as` and `bs` in a snapshot; `a`, `b` and the checksum `c` in an update, in one payload or two. */
function book(t: Target, depth: number | null, payloads: readonly unknown[]): KrakenPart {
  const fields: KrakenFields = Object.assign({}, ...payloads.filter(isRecord)) as KrakenFields;
  const snapshot = 'as' in fields || 'bs' in fields;
  const rows = (side: unknown) => (Array.isArray(side) ? (side as readonly unknown[]) : []).map((row) => (Array.isArray(row) ? (row as readonly unknown[]) : []));
  const sides = [rows(fields[snapshot ? 'bs' : 'b']), rows(fields[snapshot ? 'as' : 'a'])] as const;
  const [bids, asks]: readonly (LevelChange[] | null)[] = sides.map((side) => levelsOf(side.map(([price, size]) => [price, size])));
  const checksum = fields.c === undefined ? null : decimal(fields.c);
  if (!bids || !asks || (fields.c !== undefined && checksum === null)) {
    return { ...bad('bad_payload', t.symbol, `book: ${JSON.stringify(payloads).slice(0, 160)}`), book: t.venueSymbol };
  }
  // A level marked "r" is sent again with its old time.
  const times = sides.flat().filter((row) => row[3] !== 'r').map((row) => secondsOf(row[2]) ?? 0);
  const time = times.length > 0 ? times.reduce((a, b) => Math.max(a, b)) : null;
  return { type: 'book', venueSymbol: t.venueSymbol, symbol: t.symbol, depth, message: { snapshot, bids, asks, checksum: checksum === null ? null : Number(checksum), time } };
}
