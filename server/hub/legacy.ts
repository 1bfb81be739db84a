import type { MarketData } from '@/core/contract';

/** A channel name of the compatibility endpoint `/ws` and what stands behind it here. */
export interface LegacyChannel {
  /** Name the client asked for; sent back as `connector_id`. */
  readonly name: string;
  readonly channel: 'market' | 'binary';
  /** The only symbols of it, or null for all. */
  readonly symbols: readonly string[] | null;
}

/**
 * The names of the compatibility endpoint. They choose a selection of our own values; the true source of each value is in
 * `exchange` and in `data.source`. There is no ranking behind `coingecko_top` and `coingecko_trending`, and
 * `binance_orderbook` carries the best bid and ask only.
 */
const LEGACY: readonly LegacyChannel[] = [
  { name: 'binance_prices', channel: 'market', symbols: null },
  { name: 'binance_24hr', channel: 'market', symbols: null },
  { name: 'binance_orderbook', channel: 'market', symbols: null },
  { name: 'coingecko_top', channel: 'market', symbols: null },
  { name: 'coingecko_trending', channel: 'market', symbols: null },
  { name: 'coingecko_global', channel: 'binary', symbols: [] },
  { name: 'bitcoinprice', channel: 'market', symbols: ['BTC/USDT'] },
  { name: 'ethprice', channel: 'market', symbols: ['ETH/USDT'] },
];
const BY_NAME: ReadonlyMap<string, LegacyChannel> = new Map(LEGACY.map((c) => [c.name, c]));
export const LEGACY_NAMES: readonly string[] = LEGACY.map((c) => c.name);

export function legacyChannel(name: string): LegacyChannel | null {
  return BY_NAME.get(name) ?? null;
}

/** A quote as `price_update`; `dataText` is the JSON of `data`. */
export function priceUpdateText(connector: string, instrument: string, data: MarketData, dataText: string, iso: string): string {
  const head = JSON.stringify({ type: 'price_update', connector_id: connector, exchange: data.source, instrument, price: data.price, timestamp: iso });
  return `${head.slice(0, -1)},"data":${dataText}}`;
}

/** A whole-market value, which has no price, as `price_update`. */
export function marketWideText(connector: string, dataText: string, iso: string): string {
  const head = JSON.stringify({ type: 'price_update', connector_id: connector, exchange: '', instrument: 'MARKET', price: null, timestamp: iso });
  return `${head.slice(0, -1)},"data":${dataText}}`;
}
