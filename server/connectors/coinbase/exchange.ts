import type { LevelChange } from '@/core/market/events';
import { shownAs } from '../base/jsonNumber';
import { bad, Findings, numberFault, origin, takerSide, tickerEvent, type BookPart, type CoinbaseMapped, type CoinbaseMapperOptions, type Fields } from './mapped';
import { isDecimal, isExchangeChanges, isExchangeLevels, isMatch, timeOf } from './raw';

/** One frame about one product. */
interface Message {
  readonly f: Fields;
  readonly productId: string;
  readonly symbol: string;
  readonly at: number;
  readonly options: CoinbaseMapperOptions;
  readonly found: Findings;
}

const CONTROL = new Set(['heartbeat', 'status', 'auction', 'received', 'open', 'done', 'change', 'activate']);

/**
 * Frames of the Coinbase Exchange feed (formerly Pro). The live connector uses Advanced Trade, whose book is public; this
 * reads recordings of the older feed. The sixth file of the folder because it is a second protocol.
 */
export function mapExchange(type: string, f: Fields, at: number, options: CoinbaseMapperOptions): CoinbaseMapped {
  if (type === 'subscriptions') return { type: 'ack', sequence: null, refusals: [], streams: activeStreams(f.channels) };
  if (CONTROL.has(type)) return { type: type === 'heartbeat' ? 'heartbeat' : 'ignored', sequence: null, refusals: [] };
  const [channel, read] = READERS.get(type) ?? [];
  if (!channel || !read) return bad('unknown_type', `message type ${type.slice(0, 40)}`);
  const productId = typeof f.product_id === 'string' ? f.product_id : '';
  const symbol = options.symbolOf(productId);
  if (symbol === null) return bad('unknown_symbol', `${type} of ${productId.slice(0, 24) || 'no product'}`);
  const found = new Findings();
  found.streams.add(`${channel}:${productId}`);
  read({ f, productId, symbol, at, options, found });
  return found.data(null);
}

/** Reader and channel by message type. A map: a plain object would answer to "toString" as well. */
const READERS: ReadonlyMap<string, readonly [channel: string, read: (m: Message) => void]> = new Map([
  ['match', ['matches', match]], ['last_match', ['matches', lastMatch]], ['ticker', ['ticker', ticker]], ['snapshot', ['level2', snapshot]], ['l2update', ['level2', l2update]],
]);

function match(m: Message): void {
  const { f, found, symbol } = m;
  if (!isMatch(f)) return found.refuse(numberFault([f.price, f.size]), symbol, `match: ${JSON.stringify(f).slice(0, 160)}`);
  found.contiguous.push({ productId: m.productId, symbol, id: f.trade_id });
  found.events.push({ type: 'trade', ...origin(m.options, symbol, timeOf(f.time), m.at), id: String(f.trade_id), price: f.price, size: f.size, side: takerSide(f.side) });
}

/** The trade before the subscription: it belongs to no one's tape, but the next one must follow it. */
function lastMatch({ f, found, productId, symbol }: Message): void {
  if (isMatch(f)) found.contiguous.push({ productId, symbol, id: f.trade_id });
}

function ticker(m: Message): void {
  const { f, found, symbol } = m;
  const { price, open_24h: open24h, volume_24h: volume24h, low_24h: low24h, high_24h: high24h, best_bid: bid, best_ask: ask } = f;
  if (![price, open24h, volume24h, low24h, high24h, bid, ask].every(isDecimal)) return found.refuse(numberFault([price, bid, ask]), symbol, `ticker: ${JSON.stringify(f).slice(0, 160)}`);
  const from = origin(m.options, symbol, timeOf(f.time), m.at);
  const side = (text: unknown) => (isDecimal(text) && Number(text) > 0 ? text : null);
  const decimal = (text: unknown) => (isDecimal(text) ? text : null);
  // Sizes came with the feed later; where they are absent they are unknown.
  found.events.push({ type: 'quote', ...from, bid: side(bid), bidSize: side(f.best_bid_size), ask: side(ask), askSize: side(f.best_ask_size), updateId: null });
  found.events.push(tickerEvent(from, { last: decimal(price), open24h: decimal(open24h), high24h: decimal(high24h), low24h: decimal(low24h), volume24h: decimal(volume24h) }));
}

function snapshot(m: Message): void {
  const { bids, asks } = m.f;
  if (isExchangeLevels(bids) && isExchangeLevels(asks)) m.found.books.push(part(m, 'snapshot', bids.map(([p, q]) => [p, q]), asks.map(([p, q]) => [p, q])));
  else broken(m, 'the snapshot could not be read');
}

function l2update(m: Message): void {
  const { changes } = m.f;
  if (!isExchangeChanges(changes)) return broken(m, 'a change of the book could not be read');
  const of = (side: string): LevelChange[] => changes.filter((c) => c[0] === side).map(([, price, size]) => [price, size]);
  m.found.books.push(part(m, 'update', of('buy'), of('sell')));
}

function broken(m: Message, detail: string): void {
  m.found.refuse('bad_payload', m.symbol, `${detail}: ${JSON.stringify(m.f).slice(0, 120)}`);
  m.found.books.push({ ...part(m, 'broken', [], []), detail });
}

function part(m: Message, action: BookPart['action'], bids: readonly LevelChange[], asks: readonly LevelChange[]): BookPart {
  return { productId: m.productId, symbol: m.symbol, action, venueTime: timeOf(m.f.time), bids, asks, detail: '' };
}

function activeStreams(channels: unknown): string[] {
  if (!Array.isArray(channels)) return [];
  return (channels as readonly unknown[]).flatMap((entry) => {
    const { name, product_ids: products } = (entry ?? {}) as { readonly name?: unknown; readonly product_ids?: unknown };
    return typeof name === 'string' && Array.isArray(products) ? products.map((p) => `${name}:${shownAs(p)}`) : [];
  });
}
