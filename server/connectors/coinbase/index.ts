import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { CoinbaseFeed } from './feed';
import { createCoinbaseFrames } from './frames';
import { CoinbaseMapper } from './mapper';
import { COINBASE_DEFAULTS, type CoinbaseOptions } from './options';

export { COINBASE_DEFAULTS, type CoinbaseOptions } from './options';

/** A Coinbase Advanced Trade connector; `options` for tests and special needs. */
export function createCoinbaseConnector(context: ConnectorContext, options: Partial<CoinbaseOptions> = {}): Connector {
  return new CoinbaseFeed(context, { ...COINBASE_DEFAULTS, ...options });
}

export const coinbaseDescriptor: ConnectorDescriptor = {
  id: 'coinbase',
  name: 'Coinbase',
  capabilities: ['quotes', 'trades', 'tickers', 'candles', 'books', 'backfill'],
  assetClasses: ['crypto'],
  keyVariable: null,
  priority: 30,
  urls: { ws: 'wss://advanced-trade-ws.coinbase.com', rest: 'https://api.coinbase.com' },
  create: (context) => createCoinbaseConnector(context),
};

const recogniser = new CoinbaseMapper({ kind: 'replay', route: 'replay', symbolOf: (productId) => productId });

export const coinbaseVenue: VenueEntry = {
  descriptor: coinbaseDescriptor,
  ownsHost: (host) => /(^|\.)coinbase\.com$/.test(host),
  recognises: (raw) => {
    const mapped = recogniser.map(raw, 0);
    return mapped.type === 'data' && mapped.streams.length > 0 && mapped.refusals.length === 0;
  },
  frames: createCoinbaseFrames,
};
