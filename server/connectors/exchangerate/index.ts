import type { ConnectorContext, ConnectorDescriptor } from '../base/connector';
import { REST_DEFAULTS, restEntry, RestVenue, type RestVenueOptions } from '../base/restVenue';
import { exchangeRateSource, STALE_MS } from './feed';

/** A connector of ExchangeRate-API's open endpoint; `options` for tests. */
export function createExchangeRateConnector(context: ConnectorContext, options: Partial<RestVenueOptions> = {}): RestVenue {
  return new RestVenue(exchangeRateSource, context, { ...REST_DEFAULTS, ...options });
}

export const exchangeRateDescriptor: ConnectorDescriptor = {
  id: 'exchangerate',
  name: 'ExchangeRate-API',
  capabilities: ['tickers'],
  assetClasses: ['fx'],
  keyVariable: null,
  priority: 90,
  urls: { ws: '', rest: 'https://open.er-api.com' },
  staleMs: { rest: STALE_MS },
  attribution: { text: 'Rates By Exchange Rate API', url: 'https://www.exchangerate-api.com' },
  create: (context) => createExchangeRateConnector(context),
};

export const exchangeRateVenue = restEntry(exchangeRateDescriptor, /(^|\.)(er-api|exchangerate-api)\.com$/);
