import type { Connector, ConnectorContext, ConnectorDescriptor } from '../base/connector';
import { REST_DEFAULTS, restEntry, RestVenue, type RestVenueOptions } from '../base/restVenue';
import { coinGeckoSource, STALE_MS } from './feed';
import { OverviewReader } from './overview';

/** A connector of CoinGecko: prices by need, figures of the whole market on request. `options` for tests. */
export function createCoinGeckoConnector(context: ConnectorContext, options: Partial<RestVenueOptions> = {}): Connector {
  const all = { ...REST_DEFAULTS, ...options };
  const source = coinGeckoSource(context.key, context.urls.rest);
  const venue = new RestVenue(source, context, all);
  const reader = new OverviewReader(context, venue, { breaker: all.breaker, lookMs: all.lookMs, spacingMs: all.spacingMs ?? source.spacingMs });
  return {
    id: venue.id,
    start() {
      venue.start();
      reader.start();
    },
    async stop() {
      reader.stop();
      await venue.stop();
    },
    status: () => venue.status(),
    refill: () => venue.refill(),
    overview: () => reader.overview(),
  };
}

export const coinGeckoDescriptor: ConnectorDescriptor = {
  id: 'coingecko',
  name: 'CoinGecko',
  capabilities: ['tickers'],
  assetClasses: ['crypto'],
  keyVariable: null,
  priority: 70,
  urls: { ws: '', rest: 'https://api.coingecko.com/api/v3' },
  staleMs: { rest: STALE_MS },
  attribution: { text: 'Data provided by CoinGecko', url: 'https://www.coingecko.com' },
  create: (context) => createCoinGeckoConnector(context),
};

export const coinGeckoVenue = restEntry(coinGeckoDescriptor, /(^|\.)coingecko\.com$/);
