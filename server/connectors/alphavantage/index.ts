import type { ConnectorContext, ConnectorDescriptor } from '../base/connector';
import { REST_DEFAULTS, restEntry, RestVenue, type RestVenueOptions } from '../base/restVenue';
import { alphaVantageSource, STALE_MS } from './feed';

/** A connector of Alpha Vantage; needs a key. `options` for tests. */
export function createAlphaVantageConnector(context: ConnectorContext, options: Partial<RestVenueOptions> = {}): RestVenue {
  return new RestVenue(alphaVantageSource, context, { ...REST_DEFAULTS, ...options });
}

export const alphaVantageDescriptor: ConnectorDescriptor = {
  id: 'alphavantage',
  name: 'Alpha Vantage',
  capabilities: ['tickers'],
  assetClasses: ['equity', 'fx'],
  keyVariable: 'ALPHA_VANTAGE_API_KEY',
  priority: 80,
  urls: { ws: '', rest: 'https://www.alphavantage.co' },
  staleMs: { rest: STALE_MS },
  create: (context) => createAlphaVantageConnector(context),
};

export const alphaVantageVenue = restEntry(alphaVantageDescriptor, /(^|\.)alphavantage\.co$/);
