import type { Instrument } from '@/core/market/instrument';
import { isRecord } from '../base/json';
import { listedInstrument, type Listed } from '../base/listings';
import { isPositive, type CoinbaseProduct } from './raw';

const PRODUCT = /^([A-Z0-9]{1,15})-([A-Z0-9]{2,6})$/;

/** `BTC/USD` -> `BTC-USD`. */
export function toCoinbase(symbol: string): string {
  return symbol.replace('/', '-');
}

/** `BTC-USD` -> its two currencies; null when it is no spot product. */
export function splitCoinbase(productId: string): { readonly base: string; readonly quote: string } | null {
  const [, base, quote] = PRODUCT.exec(productId) ?? [];
  return base !== undefined && quote !== undefined ? { base, quote } : null;
}

/** Whether Coinbase may list it. The answer of `products` is final. */
export function mayBeListed(instrument: Instrument): boolean {
  return instrument.assetClass === 'crypto' && PRODUCT.test(toCoinbase(instrument.symbol));
}

/** Reads REST `products`, skipping entries it cannot read; null when the body is no such list. */
export function readProducts(body: unknown): ReadonlyMap<string, CoinbaseProduct> | null {
  const list = isRecord(body) ? body.products : body;
  if (!Array.isArray(list)) return null;
  const found = new Map<string, CoinbaseProduct>();
  for (const entry of list as readonly unknown[]) {
    const product = isRecord(entry) ? readProduct(entry) : null;
    if (product) found.set(product.productId, product);
  }
  return found;
}

/** Advanced Trade and Exchange use the same words for different things: `base_increment` is the lot in both, the tick is not. */
function readProduct(entry: Readonly<Record<string, unknown>>): CoinbaseProduct | null {
  const productId = typeof entry.product_id === 'string' ? entry.product_id : entry.id;
  const tick = entry.price_increment ?? entry.quote_increment;
  if (typeof productId !== 'string' || !isPositive(tick) || !isPositive(entry.base_increment)) return null;
  const split = splitCoinbase(productId);
  if (!split) return null;
  const trading = entry.status === 'online' && entry.trading_disabled !== true && entry.is_disabled !== true && entry.view_only !== true;
  const alias = typeof entry.alias === 'string' ? entry.alias : '';
  return { productId, ...split, trading, tickSize: Number(tick), lotSize: Number(entry.base_increment), alias };
}

/** An entry of the list as the feed takes it. `wanted`: products we want; of two that share a book only one is served. */
export function toListed(listed: CoinbaseProduct, wanted: ReadonlyMap<string, Instrument>): Listed {
  const shared = listed.alias !== '' && wanted.has(listed.alias);
  return {
    instrument: listedInstrument(listed, wanted.get(listed.productId) ?? null, 'coinbase'),
    idle: listed.trading ? (shared ? `the same book as ${listed.alias}` : null) : 'halted',
  };
}
