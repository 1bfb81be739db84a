import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import type { VenueEntry } from '../base/frames';
import { KrakenFeed } from './feed';
import { createKrakenFrames } from './frames';
import { KrakenMapper } from './mapper';
import { KRAKEN_DEFAULTS, type KrakenOptions } from './options';

export { KRAKEN_DEFAULTS, type KrakenOptions } from './options';

const WS = 'wss://ws.kraken.com/v2';
const REST = 'https://api.kraken.com';

/** A Kraken spot connector; `options` for tests and special needs. An address may be given with or without its path. */
export function createKrakenConnector(context: ConnectorContext, options: Partial<KrakenOptions> = {}): Connector {
  const hosts = { ws: `${context.urls.ws.replace(/(\/v2)?\/*$/, '')}/v2`, rest: context.urls.rest.replace(/(\/0(\/public)?)?\/*$/, '') };
  return new KrakenFeed(context, hosts, { ...KRAKEN_DEFAULTS, ...options });
}

export const krakenDescriptor: ConnectorDescriptor = {
  id: 'kraken',
  name: 'Kraken',
  capabilities: ['quotes', 'trades', 'tickers', 'candles', 'books', 'backfill'],
  assetClasses: ['crypto'],
  keyVariable: null,
  priority: 40,
  urls: { ws: WS, rest: REST },
  create: (context) => createKrakenConnector(context),
};

const recogniser = new KrakenMapper({ kind: 'replay', route: 'replay', symbolOf: (venueSymbol) => venueSymbol });

export const krakenVenue: VenueEntry = {
  descriptor: krakenDescriptor,
  ownsHost: (host) => /(^|\.)kraken\.com$/.test(host),
  recognises: (raw) => {
    const mapped = recogniser.map(raw, 0);
    return mapped.type === 'data' && mapped.parts.some((part) => part.type !== 'bad');
  },
  frames: createKrakenFrames,
};
