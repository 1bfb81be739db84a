import type { ConnectorContext, ConnectorDescriptor } from '../base/connector';
import { REST_DEFAULTS, restEntry, RestVenue, type RestVenueOptions } from '../base/restVenue';
import { frankfurterSource, STALE_MS } from './feed';

/** A connector of Frankfurter; `options` for tests. */
export function createFrankfurterConnector(context: ConnectorContext, options: Partial<RestVenueOptions> = {}): RestVenue {
  return new RestVenue(frankfurterSource, context, { ...REST_DEFAULTS, ...options });
}

export const frankfurterDescriptor: ConnectorDescriptor = {
  id: 'frankfurter',
  name: 'Frankfurter',
  capabilities: ['tickers'],
  assetClasses: ['fx'],
  keyVariable: null,
  priority: 95,
  urls: { ws: '', rest: 'https://api.frankfurter.dev' },
  staleMs: { rest: STALE_MS },
  attribution: { text: 'Euro reference rates of the European Central Bank by Frankfurter', url: 'https://frankfurter.dev' },
  create: (context) => createFrankfurterConnector(context),
};

export const frankfurterVenue = restEntry(frankfurterDescriptor, /(^|\.)frankfurter\.dev$/);
