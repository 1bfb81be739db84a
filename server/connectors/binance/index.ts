import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { BinanceFeed, type BinanceHosts } from './feed';
import { createBinanceFrames } from './frames';
import { BinanceMapper } from './mapper';
import { BINANCE_DEFAULTS, type BinanceOptions } from './options';

export { BINANCE_DEFAULTS, type BinanceOptions } from './options';

const WS = 'wss://stream.binance.com:9443';
const REST = 'https://api.binance.com';

/** An address set by configuration is the only one used; the venue's own has the market-data hosts behind it. */
function hostsFor(urls: ConnectorContext['urls']): BinanceHosts {
  const base = (url: string) => url.replace(/\/(stream|ws)?\/*$/, '');
  return {
    ws: urls.ws === WS ? [WS, 'wss://data-stream.binance.vision'] : [base(urls.ws)],
    rest: urls.rest === REST ? [REST, 'https://data-api.binance.vision'] : [base(urls.rest)],
  };
}

/** A Binance spot connector; `options` for tests and special needs. */
export function createBinanceConnector(context: ConnectorContext, options: Partial<BinanceOptions> = {}): Connector {
  return new BinanceFeed(context, hostsFor(context.urls), { ...BINANCE_DEFAULTS, ...options });
}

export const binanceDescriptor: ConnectorDescriptor = {
  id: 'binance',
  name: 'Binance',
  capabilities: ['quotes', 'trades', 'tickers', 'candles', 'books', 'backfill'],
  assetClasses: ['crypto'],
  keyVariable: null,
  priority: 10,
  urls: { ws: WS, rest: REST },
  create: (context) => createBinanceConnector(context),
};

const recogniser = new BinanceMapper({ kind: 'replay', route: 'replay', symbolOf: (venueSymbol) => venueSymbol });

export const binanceVenue: VenueEntry = {
  descriptor: binanceDescriptor,
  ownsHost: (host) => /(^|\.)binance\.(com|us|vision)$/.test(host),
  recognises: (raw) => {
    const { type } = recogniser.map(raw, 0);
    return type === 'events' || type === 'depth';
  },
  frames: createBinanceFrames,
};
