import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

type Side = Map<string, string>;
export interface OracleBook {
  readonly bids: Side;
  readonly asks: Side;
}
interface Envelope { readonly t: string; readonly ts: number; readonly raw?: string; readonly url?: string; readonly conn?: string }
/** A frame of either feed, as loosely as a test may read it. */
interface Raw {
  readonly channel?: string; readonly sequence_num?: number; readonly type?: string; readonly product_id?: string; readonly time?: string; readonly trade_id?: number;
  readonly events?: readonly { readonly type: string; readonly product_id?: string; readonly updates?: readonly { side: string; price_level: string; new_quantity: string }[]; readonly trades?: readonly { product_id: string; trade_id: string; size: string }[] }[];
  readonly bids?: readonly [string, string][]; readonly asks?: readonly [string, string][]; readonly changes?: readonly [string, string, string][]; readonly size?: string;
}

export function readLines(path: string): Envelope[] {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as Envelope);
}

function set(side: Side, price: string, size: string): void {
  if (Number(size) === 0) side.delete(price);
  else side.set(price, size);
}

/** The books a frame changes, computed with nothing of the product. Returns the products touched. */
export function applyFrame(books: Map<string, OracleBook>, raw: string): readonly string[] {
  const frame = JSON.parse(raw) as Raw;
  const fresh = (product: string) => {
    const book = { bids: new Map<string, string>(), asks: new Map<string, string>() };
    books.set(product, book);
    return book;
  };
  const touched: string[] = [];
  for (const event of frame.channel === 'l2_data' ? (frame.events ?? []) : []) {
    const product = event.product_id ?? '';
    const book = event.type === 'snapshot' ? fresh(product) : (books.get(product) ?? fresh(product));
    for (const u of event.updates ?? []) set(u.side === 'bid' ? book.bids : book.asks, u.price_level, u.new_quantity);
    touched.push(product);
  }
  const product = frame.product_id ?? '';
  if (frame.type === 'snapshot') {
    const book = fresh(product);
    for (const [p, q] of frame.bids ?? []) set(book.bids, p, q);
    for (const [p, q] of frame.asks ?? []) set(book.asks, p, q);
    touched.push(product);
  } else if (frame.type === 'l2update') {
    const book = books.get(product) ?? fresh(product);
    for (const [side, p, q] of frame.changes ?? []) set(side === 'buy' ? book.bids : book.asks, p, q);
    touched.push(product);
  }
  return touched;
}

/** Both sides best first, as texts. */
export function shape(book: OracleBook): { readonly bids: readonly (readonly [string, string])[]; readonly asks: readonly (readonly [string, string])[] } {
  const sorted = (side: Side, sign: number) => [...side].sort(([a], [b]) => sign * (Number(a) - Number(b)));
  return { bids: sorted(book.bids, -1), asks: sorted(book.asks, 1) };
}

/** Exact sum of decimal texts in units of 10^-8. */
export function sumSizes(sizes: readonly string[]): bigint {
  return sizes.reduce((sum, text) => {
    const [whole = '0', part = ''] = text.split('.');
    return sum + BigInt(whole + part.padEnd(8, '0'));
  }, 0n);
}

/** Trades of a recording by product: those of `market_trades` once each, or every `match`. */
export function tradesOf(lines: readonly Envelope[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  const add = (product: string, id: string, size: string) => {
    const trades = found.get(product) ?? new Map<string, string>();
    trades.set(id, size);
    found.set(product, trades);
  };
  for (const { t, raw } of lines) {
    if (t !== 'recv' || raw === undefined) continue;
    const frame = JSON.parse(raw) as Raw;
    if (frame.type === 'match') add(frame.product_id ?? '', String(frame.trade_id), frame.size ?? '0');
    if (frame.channel === 'market_trades') for (const event of frame.events ?? []) for (const trade of event.trades ?? []) add(trade.product_id, trade.trade_id, trade.size);
  }
  return found;
}
